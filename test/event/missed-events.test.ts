import { expect, test } from 'vitest';
import {
  missedEvents,
  missedQueueEvents,
  type OpenChange,
  type RememberedChange,
  type RememberedEntry,
} from '../../src/event/missed-events.ts';

const head = 'a'.repeat(40);
const open: OpenChange = { repository: 'acme/shop', number: 7, headSha: head, draft: false, baseRef: 'main' };
const known: RememberedChange = {
  repository: 'acme/shop',
  number: 7,
  headSha: head,
  closed: false,
  draft: false,
  baseRef: 'main',
  endedAsClosed: false,
};
const change = { repository: 'acme/shop', number: 7 };

test.each<[string, OpenChange[], RememberedChange[], unknown[]]>([
  ['nothing when both agree', [open], [known], []],
  ['that it opened', [open], [], [{ kind: 'change-opened', change, headSha: head, draft: false, how: 'opened' }]],
  [
    'that it opened, where only its name is known',
    [open],
    [{ ...known, headSha: null }],
    [{ kind: 'change-opened', change, headSha: head, draft: false, how: 'opened' }],
  ],
  [
    'that its head moved',
    [{ ...open, draft: true }],
    [{ ...known, headSha: 'b'.repeat(40) }],
    [{ kind: 'head-moved', change, headSha: head, draft: true }],
  ],
  [
    'that it was reopened',
    [open],
    [{ ...known, closed: true }],
    [{ kind: 'change-opened', change, headSha: head, draft: false, how: 'reopened' }],
  ],
  [
    'that it is no draft any more',
    [open],
    [{ ...known, draft: true }],
    [{ kind: 'change-opened', change, headSha: head, draft: false, how: 'ready-for-review' }],
  ],
  [
    'that its base was exchanged',
    [open],
    [{ ...known, baseRef: 'next' }],
    [{ kind: 'head-moved', change, headSha: head, draft: false, baseChanged: true }],
  ],
  [
    'nothing of a draft and a base that were never written down',
    [open],
    [{ ...known, draft: null, baseRef: null }],
    [],
  ],
  ['that it closed', [], [known], [{ kind: 'change-closed', change, merged: false }]],
  ['nothing of a closed one that was seen closed', [], [{ ...known, closed: true }], []],
  [
    'that one was reopened whose newest run had seen it closed',
    [open],
    [{ ...known, endedAsClosed: true }],
    [{ kind: 'change-opened', change, headSha: head, draft: false, how: 'reopened' }],
  ],
  ['the same whatever the case of a name', [{ ...open, repository: 'Acme/Shop' }], [known], []],
])('says %s', (_, listed, remembered, events) => {
  expect(missedEvents(listed, remembered, new Set())).toEqual(events);
});

test('a repository that could not be listed closes nothing', () => {
  expect(missedEvents([], [known], new Set(['acme/shop']))).toEqual([]);
});

const entry = { repository: 'acme/shop', ref: `refs/heads/gh-readonly-queue/main/pr-7-${'c'.repeat(40)}` };
const inQueue = { ...entry, headSha: head, baseSha: 'c'.repeat(40) };
const seen: RememberedEntry = { ...entry, headSha: head, endedAsClosed: false };
const entered = { kind: 'queue-entered', entry, headSha: head, baseSha: 'c'.repeat(40) };

test.each<[string, (typeof inQueue)[], RememberedEntry[], unknown[]]>([
  ['nothing when both agree', [inQueue], [seen], []],
  ['that an entry came', [inQueue], [], [entered]],
  ['that it is back with another commit', [inQueue], [{ ...seen, headSha: 'b'.repeat(40) }], [entered]],
  [
    'that it is there, although its run was ended for being gone',
    [inQueue],
    [{ ...seen, endedAsClosed: true }],
    [entered],
  ],
  ['that an entry left', [], [seen], [{ kind: 'queue-left', entry, how: 'not listed' }]],
])('says of the merge queue %s', (_, listed, remembered, events) => {
  expect(missedQueueEvents(listed, remembered, new Set())).toEqual(events);
});

test('a merge queue that could not be listed ends nothing', () => {
  expect(missedQueueEvents([], [seen], new Set(['acme/shop']))).toEqual([]);
});
