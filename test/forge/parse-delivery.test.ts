import { describe, expect, test } from 'vitest';
import { parseDelivery } from '../../src/forge/github/parse-delivery.ts';
import { officialExamples } from './official-examples.ts';

const sha = 'a'.repeat(40);
const repository = { full_name: 'acme/shop', private: true };
const change = { repository: 'acme/shop', number: 7 };
const pull = { number: 7, draft: false, merged: false, head: { sha, ref: 'search' } };
const comment = { id: 99, body: '/greenroom redeploy', user: { login: 'olivia', type: 'User' } };

describe('deliveries in our words', () => {
  test.each([
    ['opened', { kind: 'change-opened', change, headSha: sha, draft: false, how: 'opened' }],
    ['reopened', { kind: 'change-opened', change, headSha: sha, draft: false, how: 'reopened' }],
    ['ready_for_review', { kind: 'change-opened', change, headSha: sha, draft: false, how: 'ready-for-review' }],
    ['synchronize', { kind: 'head-moved', change, headSha: sha, draft: false }],
    ['closed', { kind: 'change-closed', change, merged: false }],
  ])('pull_request %s', (action, event) => {
    expect(parseDelivery('pull_request', 'd1', { action, pull_request: pull, repository })).toEqual(event);
  });

  test.each(['labeled', 'converted_to_draft', 'toString', 'constructor', ''])(
    'pull_request %j means nothing to us',
    (action) => {
      const event = parseDelivery('pull_request', 'd1', { action, pull_request: pull, repository });

      expect(event.kind).toBe('other');
    },
  );

  test('a merged change is closed and merged', () => {
    const body = { action: 'closed', pull_request: { ...pull, merged: true }, repository };

    expect(parseDelivery('pull_request', 'd1', body)).toEqual({ kind: 'change-closed', change, merged: true });
  });

  test('another base branch counts as a moved head, another title does not', () => {
    const body = { action: 'edited', pull_request: pull, repository };

    const base = parseDelivery('pull_request', 'd1', { ...body, changes: { base: { ref: { from: 'main' } } } });
    const title = parseDelivery('pull_request', 'd1', { ...body, changes: { title: { from: 'Old' } } });

    expect([base.kind, title.kind]).toEqual(['head-moved', 'other']);
  });

  test('a comment on a change is a command, with who wrote it', () => {
    const body = { action: 'created', issue: { number: 7, pull_request: {} }, comment, repository };

    expect(parseDelivery('issue_comment', 'd1', body)).toEqual({
      kind: 'command',
      change,
      commentId: '99',
      author: 'olivia',
      authorIsBot: false,
      body: '/greenroom redeploy',
    });
  });

  test("a comment by an App is a bot's", () => {
    const byBot = { ...comment, user: { login: 'greenroom[bot]', type: 'Bot' } };
    const body = { action: 'created', issue: { number: 7, pull_request: {} }, comment: byBot, repository };

    expect(parseDelivery('issue_comment', 'd1', body)).toMatchObject({ kind: 'command', authorIsBot: true });
  });

  test.each([
    ['edited', { number: 7, pull_request: {} }],
    ['deleted', { number: 7, pull_request: {} }],
    ['created', { number: 7 }],
    ['created', { number: 7, pull_request: null }],
  ])('a comment %s on %j is no command', (action, issue) => {
    expect(parseDelivery('issue_comment', 'd1', { action, issue, comment, repository }).kind).toBe('other');
  });

  test('the merge queue asks for checks, and says why it needs them no more', () => {
    const ref = `refs/heads/gh-readonly-queue/main/pr-7-${'b'.repeat(40)}`;
    const group = { head_sha: sha, head_ref: ref, base_sha: 'b'.repeat(40), base_ref: 'refs/heads/main' };
    const body = { merge_group: group, repository };

    const entry = { repository: 'acme/shop', ref };
    expect(parseDelivery('merge_group', 'd1', { ...body, action: 'checks_requested' })).toEqual({
      kind: 'queue-entered',
      entry,
      headSha: sha,
      baseSha: 'b'.repeat(40),
    });
    expect(parseDelivery('merge_group', 'd1', { ...body, action: 'destroyed', reason: 'invalidated' })).toEqual({
      kind: 'queue-left',
      entry,
      how: 'invalidated',
    });
    expect(parseDelivery('merge_group', 'd1', { ...body, action: 'destroyed' }).kind).toBe('queue-left');
    expect(parseDelivery('merge_group', 'd1', { ...body, action: 'reordered' }).kind).toBe('other');
  });

  test('a merge group whose branch is no branch is refused', () => {
    const group = { head_sha: sha, head_ref: 'main', base_sha: sha };
    const body = { action: 'checks_requested', merge_group: group, repository };

    expect(parseDelivery('merge_group', 'd1', body)).toMatchObject({
      kind: 'other',
      why: expect.stringContaining('merge_group.head_ref'),
    });
  });

  test.each(['rerun-failed', 'keep', 'tear-down'])('the button %s at a check asks for it, with its run', (action) => {
    const body = {
      action: 'requested_action',
      check_run: { head_sha: sha, external_id: 'r1' },
      requested_action: { identifier: action },
      repository,
      sender: { login: 'olivia' },
    };

    const event = { repository: 'acme/shop', headSha: sha, runId: 'r1', action, requestedBy: 'olivia' };
    expect(parseDelivery('check_run', 'd1', body)).toEqual({ kind: 'action-requested', ...event });
    const foreign = { ...body, requested_action: { identifier: 'format' } };
    expect(parseDelivery('check_run', 'd1', foreign).kind).toBe('other');
    const nobody = { ...body, check_run: { head_sha: sha, external_id: '' } };
    expect(parseDelivery('check_run', 'd1', nobody).kind).toBe('other');
  });

  test.each([
    ['workflow_run', 'completed', 'image-announced'],
    ['workflow_run', 'requested', 'other'],
    ['registry_package', 'published', 'image-announced'],
    ['registry_package', 'updated', 'image-announced'],
    ['package', 'published', 'image-announced'],
    ['deployment_status', 'created', 'image-announced'],
    ['repository_dispatch', 'whatever CI calls it', 'image-announced'],
    ['installation', 'created', 'repositories-changed'],
    ['installation', 'deleted', 'repositories-changed'],
    ['installation_repositories', 'added', 'repositories-changed'],
    ['ping', '', 'other'],
    ['an_event_of_tomorrow', 'created', 'other'],
  ])('%s %s is %s', (name, action, kind) => {
    const body = { action, repository, something_of_tomorrow: { deep: [1] } };

    expect(parseDelivery(name, 'd1', body).kind).toBe(kind);
  });

  test('work of no repository says nothing of an image', () => {
    expect(parseDelivery('registry_package', 'd1', { action: 'published' }).kind).toBe('other');
  });

  test.each(['check_run', 'check_suite'])('%s rerequested asks for another run of that SHA', (name) => {
    const body = { action: 'rerequested', [name]: { head_sha: sha }, repository, sender: { login: 'olivia' } };

    expect(parseDelivery(name, 'd1', body)).toEqual({
      kind: 'rerun-requested',
      change: null,
      repository: 'acme/shop',
      headSha: sha,
      requestedBy: 'olivia',
    });
  });
});

describe('what nobody promised', () => {
  test.each([undefined, null, 7, 'text', [], {}, { action: 'opened' }, { action: 7, pull_request: pull, repository }])(
    'a pull_request of %j is refused with what is wrong, and does not throw',
    (body) => {
      expect(parseDelivery('pull_request', 'd1', body)).toMatchObject({
        kind: 'other',
        why: expect.stringContaining('"d1"'),
      });
    },
  );

  test('a head that is no SHA is refused: it goes into commands and addresses', () => {
    const body = { action: 'opened', pull_request: { ...pull, head: { sha: '$(reboot)' } }, repository };

    expect(parseDelivery('pull_request', 'd1', body)).toMatchObject({
      kind: 'other',
      why: expect.stringContaining('head.sha'),
    });
  });

  test("all of GitHub's own examples are understood or left alone", async () => {
    const examples = await officialExamples();

    const events = examples.map(({ name, action, body }) => ({ action, event: parseDelivery(name, 'd1', body) }));

    expect(events).toHaveLength(329);
    const garbled = events.filter(({ event }) => event.kind === 'other' && event.why.includes('garbles'));
    expect(garbled).toEqual([]);
    const opened = events.filter(({ event }) => event.kind === 'change-opened').map(({ action }) => action);
    expect(new Set(opened)).toEqual(new Set(['opened', 'reopened', 'ready_for_review']));
    expect(events.filter(({ event }) => event.kind === 'head-moved').map(({ action }) => action)).toContain(
      'synchronize',
    );
  });
});
