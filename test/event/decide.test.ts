import { describe, expect, test } from 'vitest';
import { decide } from '../../src/event/decide.ts';
import type { DecideContext } from '../../src/event/decision.ts';
import type { ForgeEvent } from '../../src/event/event.ts';
import {
  aContext,
  closed,
  entered,
  head,
  left,
  live,
  liveHead,
  moved,
  older,
  open,
  opened,
  pressed,
  reopened,
  rerun,
  says,
} from './a-context.ts';

test.each<[string, ForgeEvent, Partial<DecideContext>, object]>([
  [
    'an opened change starts',
    opened,
    {},
    { kind: 'start', headSha: head, generation: 4, trigger: 'opened', supersedes: [] },
  ],
  [
    'a moved head replaces the older run',
    moved,
    { liveRuns: [live] },
    { kind: 'supersede', supersedes: ['r1'], generation: 4 },
  ],
  ['a doubled delivery is ignored while its run goes on', moved, { liveRuns: [liveHead] }, { kind: 'ignore' }],
  [
    'a change reopened while its run still ends runs again',
    reopened,
    { liveRuns: [{ ...liveHead, ending: true }] },
    { kind: 'supersede', trigger: 'reopened', supersedes: ['r1'] },
  ],
  ['a doubled delivery is ignored after its run', opened, { validatedShas: [head] }, { kind: 'ignore' }],
  [
    'a head that moved back to a tested commit runs again',
    moved,
    { validatedShas: [head, older], newestHeadSha: older },
    { kind: 'start', headSha: head },
  ],
  [
    'a change that is no draft any more takes the place of the run that skips it',
    { ...opened, how: 'ready-for-review' },
    { liveRuns: [liveHead] },
    { kind: 'supersede', supersedes: ['r1'] },
  ],
  [
    'another base branch is as good as a new head',
    { ...moved, baseChanged: true },
    { validatedShas: [head], liveRuns: [liveHead] },
    { kind: 'supersede', supersedes: ['r1'] },
  ],
  ['a reopened change runs again', reopened, { validatedShas: [head] }, { kind: 'start', trigger: 'reopened' }],
  [
    'a kept environment of an older commit goes',
    moved,
    { liveRuns: [{ ...live, kept: true }] },
    { supersedes: ['r1'] },
  ],
  [
    'a kept environment of this very commit stands',
    reopened,
    { liveRuns: [{ ...liveHead, kept: true }] },
    { kind: 'start', supersedes: [] },
  ],
  ['a late delivery starts the head of now', { ...moved, headSha: older }, {}, { kind: 'start', headSha: head }],
  ['a change closed since is not started', opened, { change: { ...open, open: false } }, { kind: 'ignore' }],
  ['a change that is not there is ignored', opened, { change: null }, { kind: 'ignore' }],
  [
    'a draft is skipped and concluded',
    opened,
    { change: { ...open, draft: true } },
    { kind: 'skip', quiet: false, generation: 4 },
  ],
  [
    'a change of documents alone is skipped, and ends the older run',
    moved,
    { changedFiles: ['docs/a'], liveRuns: [live] },
    { kind: 'skip', supersedes: ['r1'] },
  ],
  [
    'a repository without a file is skipped quietly',
    opened,
    { config: { kind: 'none' } },
    { kind: 'skip', quiet: true },
  ],
  ['a file with problems starts a run that tells them', opened, { config: { kind: 'invalid' } }, { kind: 'start' }],
  [
    'a fork waits for approval',
    opened,
    { change: { ...open, trusted: false } },
    { kind: 'await-approval', headSha: head },
  ],
  ['a fork’s draft is skipped', opened, { change: { ...open, trusted: false, draft: true } }, { kind: 'skip' }],
  [
    'a closed change is torn down',
    closed,
    { change: { ...open, open: false }, liveRuns: [live, { ...live, id: 'r2', kept: true }] },
    { kind: 'tear-down', runs: ['r1', 'r2'], cancel: 'closed' },
  ],
  ['a deleted change is torn down', closed, { change: null, liveRuns: [live] }, { kind: 'tear-down' }],
  ['a change reopened since is not torn down', closed, { liveRuns: [live] }, { kind: 'ignore' }],
  ['a closed change without runs is ignored', closed, { change: { ...open, open: false } }, { kind: 'ignore' }],
  ['an entry of the merge queue starts', entered, {}, { kind: 'start', headSha: head, trigger: 'merge-queue' }],
  [
    'a doubled request of the queue is ignored while its run goes on',
    entered,
    { liveRuns: [liveHead] },
    { kind: 'ignore' },
  ],
  ['a doubled request of the queue is ignored after its run', entered, { validatedShas: [head] }, { kind: 'ignore' }],
  [
    'a request of the queue that comes after the end of the entry starts nothing',
    entered,
    { change: null },
    { kind: 'ignore' },
  ],
  [
    'an entry that only a rule would skip is concluded all the same: the queue waits for it',
    entered,
    { changedFiles: ['docs/a'] },
    { kind: 'skip', headSha: head },
  ],
  ['an entry without a file is concluded all the same', entered, { config: { kind: 'none' } }, { kind: 'skip' }],
  [
    'an entry that left its queue is torn down',
    left,
    { change: null, liveRuns: [live] },
    { kind: 'tear-down', runs: ['r1'], cancel: 'closed', reason: 'the entry left the merge queue (dequeued)' },
  ],
  ['an entry that is in its queue again is not torn down', left, { liveRuns: [live] }, { kind: 'ignore' }],
  ['a rerun starts', rerun, { validatedShas: [head] }, { kind: 'start', trigger: 'rerun' }],
  ['a rerun of a draft starts: a person asked', rerun, { change: { ...open, draft: true } }, { kind: 'start' }],
  ['a rerun of an old commit is ignored', { ...rerun, headSha: older }, {}, { kind: 'ignore' }],
  ['a rerun by an outsider is ignored', rerun, { permission: 'read' }, { kind: 'ignore' }],
  ['a rerun of a fork waits', rerun, { change: { ...open, trusted: false } }, { kind: 'await-approval' }],
  ['a rerun on a closed change is ignored', rerun, { change: { ...open, open: false } }, { kind: 'ignore' }],
  ['a rerun without a file is skipped', rerun, { config: { kind: 'none' } }, { kind: 'skip' }],
  [
    'a button repeats the suites that were not green on this commit',
    pressed('rerun-failed'),
    { greenSuites: ['browse', 'gone'], validatedShas: [head] },
    { kind: 'start', trigger: 'rerun', onlySuites: ['smoke'] },
  ],
  ['a button repeats all where none was green', pressed('rerun-failed'), {}, { kind: 'start', onlySuites: null }],
  [
    'a button repeats all where all were green and the run was not',
    pressed('rerun-failed'),
    { greenSuites: ['smoke', 'browse'] },
    { kind: 'start', onlySuites: null },
  ],
  [
    'a button pressed twice, or told of twice, repeats once',
    pressed('rerun-failed'),
    { pressedGeneration: 2 },
    { kind: 'ignore' },
  ],
  [
    'a button at an old commit repeats nothing',
    pressed('rerun-failed'),
    { change: { ...open, headSha: older } },
    { kind: 'ignore' },
  ],
  [
    'a button keeps the environment of its run',
    pressed('keep'),
    {
      liveRuns: [
        { ...liveHead, kept: true },
        { ...liveHead, id: 'r2' },
      ],
    },
    { kind: 'keep', runId: 'r1', keepMs: 14_400_000 },
  ],
  [
    'a button keeps nothing of a closed change',
    pressed('keep'),
    { change: { ...open, open: false }, liveRuns: [{ ...liveHead, kept: true }] },
    { kind: 'ignore' },
  ],
  [
    'a button takes the environment of its run away, and no other, whatever the head is by now',
    pressed('tear-down'),
    {
      change: { ...open, headSha: older },
      liveRuns: [
        { ...liveHead, kept: true },
        { ...live, id: 'r2' },
      ],
    },
    { kind: 'tear-down', runs: ['r1'], cancel: 'commanded' },
  ],
  ['a button of a run that is long over does nothing', pressed('tear-down'), { liveRuns: [] }, { kind: 'ignore' }],
  [
    'a button at a fork waits like any run of it',
    pressed('rerun-failed'),
    { change: { ...open, trusted: false } },
    { kind: 'await-approval' },
  ],
  [
    'news of an image are a reason to look, and no more',
    { kind: 'image-announced', repository: 'o/r', by: 'workflow_run "completed"' },
    { change: null },
    { kind: 'look-again', at: 'images' },
  ],
  [
    'news of repositories are a reason to look, and no more',
    { kind: 'repositories-changed', how: 'installation "created"' },
    { change: null },
    { kind: 'look-again', at: 'repositories' },
  ],
  [
    'another event is ignored',
    { kind: 'other', name: 'push', why: 'not ours' },
    {},
    { kind: 'ignore', reason: 'push: not ours' },
  ],
])('%s', (_, event, context, expected) => {
  const decision = decide(event, aContext(context));

  expect(decision).toMatchObject(expected);
  expect(decision.reason.length).toBeGreaterThan(10);
});

test.each(['rerun-failed', 'keep', 'tear-down'] as const)(
  'the button "%s" does nothing for somebody who may not write',
  (action) => {
    const liveRuns = [{ ...liveHead, kept: true }];

    for (const permission of ['none', 'read', 'triage'] as const)
      expect(decide(pressed(action), aContext({ permission, liveRuns }))).toMatchObject({ kind: 'ignore' });
  },
);

describe('a comment', () => {
  test.each<[string, ForgeEvent, Partial<DecideContext>, object]>([
    ['without a command is ignored', says('nice'), {}, { kind: 'ignore' }],
    ['of a bot is ignored', says('/redeploy', { authorIsBot: true }), {}, { kind: 'ignore' }],
    ['acted on before is ignored', says('/redeploy'), { handledComments: new Set(['c1']) }, { kind: 'ignore' }],
    [
      'redeploys',
      says('/redeploy'),
      { liveRuns: [liveHead], validatedShas: [head] },
      { reaction: 'rocket', steps: [{ kind: 'supersede', trigger: 'command', supersedes: ['r1'], onlySuites: null }] },
    ],
    ['runs one suite', says('/greenroom run browse'), {}, { steps: [{ kind: 'start', onlySuites: ['browse'] }] }],
    [
      'runs two suites in one run',
      says('/greenroom run browse\n/greenroom run smoke'),
      {},
      { steps: [{ kind: 'start', onlySuites: ['browse', 'smoke'] }] },
    ],
    [
      'runs all when one command says so',
      says('/greenroom run browse\n/redeploy'),
      {},
      { steps: [{ onlySuites: null }] },
    ],
    [
      'names the suite that was meant',
      says('/greenroom run brwse'),
      {},
      { reaction: 'confused', steps: [], replies: ['No suite is named "brwse" (did you mean "browse"?).'] },
    ],
    [
      'tears down',
      says('/greenroom teardown'),
      { liveRuns: [live] },
      { steps: [{ kind: 'tear-down', cancel: 'commanded', runs: ['r1'] }] },
    ],
    [
      'tears down on a closed change too',
      says('/greenroom teardown'),
      { change: { ...open, open: false }, liveRuns: [live] },
      { reaction: 'rocket', steps: [{ kind: 'tear-down' }] },
    ],
    [
      'tears down nothing where nothing is',
      says('/greenroom teardown'),
      {},
      { reaction: 'rocket', steps: [], replies: ['There is nothing to tear down.'] },
    ],
    [
      'keeps the newest environment',
      says('/greenroom keep 4h'),
      { liveRuns: [live, { ...live, id: 'r9', generation: 9 }] },
      { steps: [{ kind: 'keep', runId: 'r9', keepMs: 14_400_000 }] },
    ],
    [
      'keeps for as long as asked: how long that may be at most, its store knows',
      says('/greenroom keep 900h'),
      { liveRuns: [live] },
      { reaction: 'rocket', steps: [{ kind: 'keep', keepMs: 900 * 3_600_000 }], replies: [] },
    ],
    ['keeps nothing where nothing is', says('/greenroom keep 1h'), {}, { reaction: '-1', steps: [] }],
    [
      'approves the head and runs it',
      says(`/greenroom approve ${head}`),
      {},
      { steps: [{ kind: 'approve', sha: head, by: 'ann' }, { kind: 'start' }] },
    ],
    ['does not approve what is not the head', says(`/greenroom approve ${older}`), {}, { reaction: '-1', steps: [] }],
    [
      'does not redeploy a closed change',
      says('/redeploy'),
      { change: { ...open, open: false } },
      { reaction: '-1', steps: [] },
    ],
    [
      'does not redeploy without a file',
      says('/redeploy'),
      { config: { kind: 'none' } },
      { reaction: '-1', steps: [] },
    ],
    [
      'gives help to everybody',
      says('/greenroom help'),
      { permission: 'none' },
      { reaction: 'rocket', steps: [], help: true, replies: [] },
    ],
    [
      'answers an unknown command with help',
      says('/greenroom redploy'),
      {},
      { reaction: 'confused', help: true, replies: ['"redploy" is not a command (did you mean "redeploy"?).'] },
    ],
    [
      'is refused once for several reasons alike',
      says('/redeploy\n/greenroom teardown'),
      { permission: 'triage', liveRuns: [live] },
      { reaction: '-1', steps: [], replies: ['Commands need write permission; you have "triage".'] },
    ],
  ])('%s', (_, event, context, expected) => {
    expect(decide(event, aContext(context))).toMatchObject(expected);
  });

  test.each(['none', 'read', 'triage'] as const)('by somebody with "%s" starts nothing', (permission) => {
    expect(decide(says('/redeploy'), aContext({ permission }))).toMatchObject({ reaction: '-1', steps: [] });
  });

  test.each(['write', 'maintain', 'admin'] as const)('by somebody with "%s" starts', (permission) => {
    expect(decide(says('/redeploy'), aContext({ permission }))).toMatchObject({ steps: [{ kind: 'start' }] });
  });
});
