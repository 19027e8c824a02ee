import { describe, expect, test } from 'vitest';
import {
  type AdmissionFacts,
  admit,
  overtakingEndsMs,
  type Reservation,
  type WaitingRun,
} from '../../src/run/admission.ts';
import type { Demand } from '../../src/run/demand.ts';
import { estimate } from '../../src/run/estimate.ts';

const now = 1_000_000_000;
const cores = (count: number): Demand => ({ millicores: count * 1000, bytes: count * 1e9, pods: count });
const waits = (id: string, more: Partial<WaitingRun> = {}): WaitingRun => ({
  id,
  author: id,
  lane: 1,
  demand: cores(2),
  queuedAt: now - 1000,
  ...more,
});
const holds = (id: string, more: Partial<Reservation> = {}): Reservation => ({
  id,
  author: id,
  demand: cores(2),
  admittedAt: now - 60_000,
  idleSince: null,
  leaving: false,
  ...more,
});
const facts = (more: Partial<AdmissionFacts>): AdmissionFacts => ({
  waiting: [],
  reservations: [],
  capacity: cores(4),
  mostEnvironments: 10,
  now,
  ...more,
});

describe('who may begin', () => {
  test('as many as fit, the oldest first; the others stand in line', () => {
    const waiting = [
      waits('c', { queuedAt: now - 1 }),
      waits('a', { queuedAt: now - 3 }),
      waits('b', { queuedAt: now - 2 }),
    ];

    expect(admit(facts({ waiting }))).toEqual({ admitted: ['a', 'b'], preempted: [], queue: ['c'] });
  });

  test('never more than there is of any resource, nor more environments than allowed', () => {
    const waiting = [waits('pods', { demand: { millicores: 1, bytes: 1, pods: 5 } }), waits('a'), waits('b')];

    expect(admit(facts({ waiting })).admitted).toEqual(['a', 'b']);
    expect(admit(facts({ waiting, mostEnvironments: 1 })).admitted).toEqual(['a']);
    expect(admit(facts({ waiting, reservations: [holds('x'), holds('y')] })).admitted).toEqual([]);
  });

  test('the merge queue goes first, then the author who has least', () => {
    const waiting = [
      waits('ann-2', { author: 'ann', queuedAt: now - 9 }),
      waits('bob-1', { author: 'bob', queuedAt: now - 5 }),
      waits('merge', { author: 'ann', lane: 0, queuedAt: now - 1 }),
    ];
    const reservations = [holds('ann-1', { author: 'ann' })];

    const { admitted, queue } = admit(facts({ waiting, reservations }));

    expect([admitted, queue]).toEqual([['merge'], ['bob-1', 'ann-2']]);
  });

  test('of many from one author and one from another, the other is second', () => {
    const crowd = Array.from({ length: 20 }, (_, index) =>
      waits(`ann-${index}`, { author: 'ann', queuedAt: now - 100 + index }),
    );
    const { admitted } = admit(facts({ waiting: [...crowd, waits('bob', { queuedAt: now - 1 })] }));

    expect(admitted).toEqual(['ann-0', 'bob']);
  });

  test('a large one is overtaken, but not for ever', () => {
    const reservations = [holds('x')];
    const large = waits('large', { demand: cores(4), queuedAt: now - 5000 });
    const waiting = [large, waits('small')];

    expect(admit(facts({ waiting, reservations }))).toMatchObject({ admitted: ['small'], queue: ['large'] });
    const aged = { ...large, queuedAt: now - overtakingEndsMs };
    expect(admit(facts({ waiting: [aged, waits('small')], reservations }))).toMatchObject({
      admitted: [],
      queue: ['large', 'small'],
    });
  });

  test('what is larger than the whole gets all of it, alone', () => {
    const waiting = [waits('huge', { demand: cores(5), queuedAt: now - overtakingEndsMs }), waits('a')];

    expect(admit(facts({ waiting, reservations: [holds('x')] }))).toMatchObject({ admitted: [], queue: ['huge', 'a'] });
    expect(admit(facts({ waiting }))).toMatchObject({ admitted: ['huge'], queue: ['a'] });
    const reservations = [holds('huge', { demand: cores(5) })];
    expect(admit(facts({ waiting: [waits('a')], reservations })).admitted).toEqual([]);
  });

  test('idle environments make room, the longest idle first, and no more than needed', () => {
    const reservations = [
      holds('at-work', { demand: cores(1) }),
      holds('idle-new', { demand: cores(1), idleSince: now - 10 }),
      holds('idle-old', { demand: cores(1), idleSince: now - 20 }),
      holds('idle-middle', { demand: cores(1), idleSince: now - 15 }),
    ];

    expect(admit(facts({ waiting: [waits('a')], reservations })).preempted).toEqual(['idle-old', 'idle-middle']);
    expect(admit(facts({ waiting: [waits('a', { demand: cores(4) })], reservations })).preempted).toEqual([]);
    const leaving = reservations.map((one) => (one.id === 'idle-old' ? { ...one, leaving: true } : one));
    expect(admit(facts({ waiting: [waits('a')], reservations: leaving })).preempted).toEqual(['idle-middle']);
  });
});

describe('the estimate', () => {
  test('plays the admission forward', () => {
    const reservations = [holds('x', { admittedAt: now - 60_000 }), holds('y', { admittedAt: now - 30_000 })];
    const waiting = [
      waits('a', { queuedAt: now - 3 }),
      waits('b', { queuedAt: now - 2 }),
      waits('c', { queuedAt: now - 1 }),
    ];

    expect(estimate(facts({ waiting, reservations }), 100_000)).toEqual([
      { id: 'a', position: 1, startsAt: now + 40_000 },
      { id: 'b', position: 2, startsAt: now + 70_000 },
      { id: 'c', position: 3, startsAt: now + 140_000 },
    ]);
  });

  test('is none where nothing has ended yet', () => {
    const reservations = [holds('x'), holds('y')];

    expect(estimate(facts({ waiting: [waits('a')], reservations }), null)).toEqual([
      { id: 'a', position: 1, startsAt: null },
    ]);
  });

  test('ends for a queue that never moves', () => {
    const capacity = cores(2);
    const reservations = [holds('x', { demand: cores(1), idleSince: null })];
    const waiting = Array.from({ length: 1000 }, (_, index) => waits(`r${index}`));

    expect(estimate(facts({ waiting, reservations, capacity }), 60_000)).toHaveLength(1000);
  });
});
