import { describe, expect, test } from 'vitest';
import { decide } from '../../src/event/decide.ts';
import type { ChangeState, DecideContext } from '../../src/event/decision.ts';
import type { ForgeEvent } from '../../src/event/event.ts';
import { aContext, head, moved, older, open, opened, pressed, reopened, rerun, says } from './a-context.ts';

const fork: ChangeState = { ...open, trusted: false };
const letRun = { fork: 'bob', gate: null };

describe('a change from a fork', () => {
  test.each<[string, ForgeEvent, Partial<DecideContext>, object]>([
    ['waits when it is opened', opened, {}, { kind: 'await-approval', headSha: head }],
    ['waits again after a push', moved, {}, { kind: 'await-approval', headSha: head }],
    ['waits when it is reopened', reopened, {}, { kind: 'await-approval' }],
    [
      'waits when only its gate was approved',
      moved,
      { approvals: { fork: null, gate: 'bob' } },
      { kind: 'await-approval' },
    ],
    ['runs when it is reopened and its head was approved', reopened, { approvals: letRun }, { kind: 'start' }],
    ['runs again once its head was approved', rerun, { approvals: letRun }, { kind: 'start' }],
    [
      'waits again under another base: nobody has read it under those rules',
      { ...moved, baseChanged: true },
      { approvals: letRun },
      { kind: 'await-approval' },
    ],
    ['is repeated by no button before that', pressed('rerun-failed'), {}, { kind: 'await-approval' }],
  ])('%s', (_, event, context, expected) => {
    expect(decide(event, aContext({ change: fork, ...context }))).toMatchObject(expected);
  });
});

describe('the button of its check', () => {
  test.each<[string, Partial<DecideContext>, object]>([
    [
      'lets the head run',
      { validatedShas: [head] },
      { kind: 'approve', approval: { of: 'fork', sha: head, by: 'ann' }, start: { kind: 'start', headSha: head } },
    ],
    ['runs it once, pressed twice', { approvals: letRun }, { kind: 'ignore' }],
    ['does nothing for an older commit', { change: { ...fork, headSha: older } }, { kind: 'ignore' }],
    ['is not for outsiders', { permission: 'triage' }, { kind: 'ignore' }],
    ['approves no gate', { approvals: letRun, gated: true }, { kind: 'ignore' }],
    ['does nothing for a change of the repository itself', { change: open }, { kind: 'ignore' }],
    ['does nothing for a closed change', { change: { ...fork, open: false } }, { kind: 'ignore' }],
    ['does nothing where the base has no file', { config: { kind: 'none' } }, { kind: 'ignore' }],
  ])('%s', (_, context, expected) => {
    expect(decide(pressed('approve'), aContext({ change: fork, ...context }))).toMatchObject(expected);
  });
});

describe('a comment', () => {
  const approve = `/greenroom approve ${head}`;

  test.each<[string, string, Partial<DecideContext>, object]>([
    [
      'approves a gate once: the second word starts nothing',
      approve,
      { change: open, approvals: { fork: null, gate: 'bob' } },
      { reaction: 'rocket', steps: [], replies: [expect.stringContaining('was approved before, by "bob"')] },
    ],
    [
      'lets the head of a fork run',
      approve,
      {},
      { reaction: 'rocket', steps: [{ kind: 'approve', of: 'fork', sha: head, by: 'ann' }, { kind: 'start' }] },
    ],
    [
      'lets nothing of a fork run by an abbreviated SHA',
      `/greenroom approve ${head.slice(0, 12)}`,
      {},
      { reaction: 'confused', steps: [], replies: [expect.stringContaining('takes the full SHA')] },
    ],
    [
      'lets nothing of a fork run by the SHA of another commit, and names the one to read',
      `/greenroom approve ${older}`,
      {},
      { reaction: '-1', steps: [], replies: [expect.stringContaining(`read ${head} and approve that`)] },
    ],
    [
      'lets nothing of a fork run for whoever may only read',
      approve,
      { permission: 'triage' },
      { reaction: '-1', steps: [] },
    ],
    ['lets a fork run once', approve, { approvals: letRun }, { reaction: 'rocket', steps: [] }],
    [
      'approves the gate of a fork only after a run has told of it',
      approve,
      { approvals: letRun, gated: true },
      { steps: [{ kind: 'approve', of: 'gate', sha: head }, { kind: 'start' }] },
    ],
    [
      'does not redeploy a fork, and says what would let it run',
      '/redeploy',
      {},
      { reaction: '-1', steps: [], replies: [expect.stringContaining(approve)] },
    ],
    [
      'redeploys a fork whose head was approved',
      '/redeploy',
      { approvals: letRun },
      { reaction: 'rocket', steps: [{ kind: 'start' }] },
    ],
  ])('%s', (_, body, context, expected) => {
    expect(decide(says(body), aContext({ change: fork, ...context }))).toMatchObject({ kind: 'command', ...expected });
  });
});
