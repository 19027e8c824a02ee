import { expect, test } from 'vitest';
import { expired, type SweepFacts } from '../../src/teardown/expired.ts';
import type { OwnedEnvironment } from '../../src/teardown/owned-namespaces.ts';

const now = 1_800_000_000;

function anEnvironment(changes: Partial<OwnedEnvironment> = {}): OwnedEnvironment {
  return {
    name: 'gr-shop-7-r1',
    instance: 'mine',
    runId: 'r1',
    changeId: 'c7',
    expiresAt: now + 60,
    repository: 'acme/shop',
    changeNumber: 7,
    namespaces: [{ name: 'gr-shop-7-r1', uid: 'u', terminating: false }],
    ...changes,
  };
}

function facts(changes: Partial<SweepFacts> = {}): SweepFacts {
  return {
    instance: 'mine',
    now,
    liveRuns: new Set(),
    openChanges: new Map([['acme/shop', new Set([7])]]),
    ...changes,
  };
}

const terminating = [{ name: 'gr-shop-7-r1', uid: 'u', terminating: true }];

test.each<[string, Partial<OwnedEnvironment>, Partial<SweepFacts>, string]>([
  ['its time is up', { expiresAt: now }, {}, 'expired'],
  ['its time is up, though a run is at work on it', { expiresAt: now - 1 }, { liveRuns: new Set(['r1']) }, 'expired'],
  ['its change is closed', {}, { openChanges: new Map([['acme/shop', new Set([8])]]) }, 'change-closed'],
  ['its teardown was begun and left', { namespaces: terminating }, {}, 'leaked'],
  ['its expiry cannot be read', { expiresAt: Number.NaN }, {}, 'leaked'],
])('goes: %s', (_title, environment, known, reason) => {
  expect(expired([anEnvironment(environment)], facts(known))).toMatchObject([{ reason, environment: { runId: 'r1' } }]);
});

test.each<[string, Partial<OwnedEnvironment>, Partial<SweepFacts>]>([
  ['its change is open', {}, {}],
  ['it belongs to another instance', { instance: 'theirs', expiresAt: 0 }, {}],
  ['it has no instance', { instance: '', expiresAt: 0 }, { instance: '' }],
  ['the forge could not be asked', {}, { openChanges: new Map([['acme/shop', 'unknown' as const]]) }],
  ['nothing is known of its repository', {}, { openChanges: new Map() }],
  [
    'a run is at work on it, whatever its change',
    {},
    { liveRuns: new Set(['r1']), openChanges: new Map([['acme/shop', new Set<number>()]]) },
  ],
  ['a run is tearing it down', { namespaces: terminating }, { liveRuns: new Set(['r1']) }],
  [
    'it belongs to a working tree',
    { changeNumber: null },
    { openChanges: new Map([['acme/shop', new Set<number>()]]) },
  ],
])('stays: %s', (_title, environment, known) => {
  expect(expired([anEnvironment(environment)], facts(known))).toEqual([]);
});

test('each one that goes comes with its reason in words', () => {
  expect(expired([anEnvironment({ expiresAt: now - 90 })], facts())[0]?.detail).toBe('its time was up 90 s ago');
});
