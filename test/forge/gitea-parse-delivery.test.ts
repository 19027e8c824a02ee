import { describe, expect, test } from 'vitest';
import { parseDelivery } from '../../src/forge/gitea/parse-delivery.ts';

const sha = 'a'.repeat(40);
const change = { repository: 'gitea:acme/shop', number: 7 };
const repository = { full_name: 'acme/shop' };
const pull = { number: 7, title: 'Find things', draft: false, merged: false, head: { sha } };
const comment = { id: 12, body: '/greenroom redeploy', user: { login: 'olivia' } };

describe('a pull_request delivery', () => {
  test.each([
    ['opened', { kind: 'change-opened', change, headSha: sha, draft: false, how: 'opened' }],
    ['reopened', { kind: 'change-opened', change, headSha: sha, draft: false, how: 'reopened' }],
    ['synchronized', { kind: 'head-moved', change, headSha: sha, draft: false }],
    ['closed', { kind: 'change-closed', change, merged: false }],
  ])('that is %s', (action, event) => {
    expect(parseDelivery('pull_request', 'd1', { action, pull_request: pull, repository })).toEqual(event);
  });

  test.each(['label_updated', 'label_cleared', 'assigned', 'milestoned', 'review_requested', 'edited', 'whatever'])(
    'from which nothing follows: %s',
    (action) => {
      const body = { action, pull_request: pull, repository };

      expect(parseDelivery('pull_request', 'd1', body)).toMatchObject({ kind: 'other', name: 'pull_request' });
    },
  );

  test('of a closed change that has lost its head is understood', () => {
    const lost = { number: 7, merged: true, head: { sha: '', ref: 'refs/pull/7/head', repo: null } };

    const event = parseDelivery('pull_request', 'd1', { action: 'closed', pull_request: lost, repository });

    expect(event).toEqual({ kind: 'change-closed', change, merged: true });
  });

  test('with another base branch is as good as a new head', () => {
    const changes = { ref: { from: 'main' } };

    const event = parseDelivery('pull_request', 'd1', { action: 'edited', pull_request: pull, repository, changes });

    expect(event).toMatchObject({ kind: 'head-moved', baseChanged: true });
  });

  test.each([
    ['WIP: Find things', false, 'change-opened'],
    ['[wip] Find things', false, 'change-opened'],
    ['Find thing', false, 'other'],
    ['WIP: Find thing', true, 'other'],
  ])('whose title was "%s", draft now: %s, is %s', (from, draft, kind) => {
    const body = { action: 'edited', pull_request: { ...pull, draft }, repository, changes: { title: { from } } };

    expect(parseDelivery('pull_request', 'd1', body)).toMatchObject({ kind });
  });
});

describe('a comment', () => {
  const body = { action: 'created', is_pull: true, issue: { number: 7 }, comment, repository };

  test('on a change may be a command', () => {
    expect(parseDelivery('issue_comment', 'd1', body)).toEqual({
      kind: 'command',
      change,
      commentId: '12',
      author: 'olivia',
      authorIsBot: false,
      body: '/greenroom redeploy',
    });
  });

  test.each([
    ['/greenroom redeploy\n<!-- greenroom:own -->', true],
    ['<!-- greenroom:c1 generation:2 -->\n### Passed', true],
    ['> <!-- greenroom:own -->\n/greenroom redeploy', false],
    ['about `<!-- greenroom:own -->`\n/greenroom redeploy', false],
  ])('%j is our own: %s', (text, authorIsBot) => {
    const event = parseDelivery('issue_comment', 'd1', { ...body, comment: { ...comment, body: text } });

    expect(event).toMatchObject({ authorIsBot });
  });

  test.each([
    ['on an issue', { ...body, is_pull: false }],
    ['that was edited', { ...body, action: 'edited' }],
    ['that was deleted', { ...body, action: 'deleted' }],
  ])('%s is none', (_, delivery) => {
    expect(parseDelivery('issue_comment', 'd1', delivery).kind).toBe('other');
  });
});

describe('what is not as it should be', () => {
  test.each([
    ['a repository with our prefix', { full_name: 'gitea:acme/shop' }],
    ['a repository with a third part', { full_name: 'acme/shop/more' }],
    ['none', {}],
  ])('%s in the place of a repository', (_, garbled) => {
    const body = { action: 'opened', pull_request: pull, repository: garbled };

    expect(parseDelivery('pull_request', 'd1', body)).toMatchObject({
      kind: 'other',
      why: expect.stringContaining('repository.full_name'),
    });
  });

  test.each([[null], ['text'], [[]], [{ action: 7 }], [{ action: 'opened' }]])('%j', (body) => {
    for (const name of ['pull_request', 'issue_comment', 'push', '__proto__']) {
      expect(parseDelivery(name, 'd1', body)).toMatchObject({ kind: 'other', name });
    }
  });
});
