import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RunError } from '../../src/errors.ts';
import type { Fact } from '../../src/run/fact.ts';
import { judgeRun } from '../../src/run/judge-run.ts';
import { newRun } from '../../src/run/new-run.ts';
import { phaseOrder } from '../../src/run/phases.ts';
import type { Run } from '../../src/run/run.ts';
import { transition } from '../../src/run/transition.ts';
import type { SuiteResult } from '../../src/suites/suite-result.ts';
import type { Failure, Phase } from '../../src/verdict/verdict-document.ts';

function at(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
}

function aRun(): Run {
  return newRun({
    id: 'r1',
    repository: 'o/r',
    change: 7,
    headSha: 'a'.repeat(40),
    baseSha: null,
    generation: 1,
    trigger: 'opened',
    trusted: true,
    expiresAt: at(7200),
    environmentName: 'gr-r1',
    at: at(0),
  });
}

function aSuite(part: Partial<SuiteResult> = {}): SuiteResult {
  return {
    name: 'smoke',
    kind: 'smoke',
    required: true,
    modified: false,
    status: 'passed',
    startedAt: null,
    durationMs: null,
    tests: [],
    artifacts: [],
    ...part,
  };
}

const failure: Failure = { class: 'product', code: 'CRASHED', message: 'web exits', remedy: 'mend it', evidence: [] };
const judged: Fact = { kind: 'judged', verdict: 'passed', reason: 'Good.', failure: null, at: at(50) };
const gone: Fact = {
  kind: 'teardown-recorded',
  record: { status: 'gone', durationMs: 1, resources: { created: 2, gone: 2 }, blockedBy: [] },
  at: at(60),
};

function started(phase: Phase, second = 0): Fact {
  return { kind: 'phase-started', phase, at: at(second) };
}

function after(...facts: Fact[]): Run {
  return facts.reduce(transition, aRun());
}

const toTesting = [started('image', 1), started('provisioning', 3), started('testing', 10)];
const toDone = [...toTesting, started('reporting', 40), judged, started('teardown', 55), gone, started('done', 70)];

test('a run goes through its phases, and the document keeps their times', () => {
  const run = after(...toDone);

  expect(run.phase).toBe('done');
  expect(run.document).toMatchObject({ phase: 'done', verdict: 'passed', run: { finishedAt: at(70) } });
  expect(run.document.phases.map((phase) => [phase.name, phase.status, phase.durationMs])).toEqual([
    ['queued', 'passed', 1000],
    ['image', 'passed', 2000],
    ['provisioning', 'passed', 7000],
    ['testing', 'passed', 30_000],
    ['reporting', 'passed', 15_000],
    ['teardown', 'passed', 15_000],
    ['done', 'passed', 0],
  ]);
});

test('a failure ends its phase red, and what was not reached is skipped', () => {
  const run = after(started('image', 1), { kind: 'failed', failure, at: at(2) }, started('reporting', 3));

  expect(run.document.failure).toEqual(failure);
  expect(run.document.phases.map((phase) => phase.status)).toEqual([
    'passed',
    'failed',
    'skipped',
    'skipped',
    'running',
    'pending',
    'pending',
  ]);
});

test('the first failure is the cause; later ones are consequences', () => {
  const run = after(
    started('image'),
    { kind: 'errored', failure: { ...failure, code: 'FIRST' }, at: at(1) },
    { kind: 'failed', failure, at: at(2) },
  );

  expect(run.document.failure?.code).toBe('FIRST');
  expect(run.document.phases[1]?.status).toBe('errored');
});

test('a cancellation is set once, ends its phase as cancelled, and is late after the end', () => {
  const superseded: Fact = { kind: 'cancel-requested', reason: 'superseded', at: at(2) };
  const run = after(started('image'), superseded, { ...superseded, reason: 'closed' }, started('teardown', 3));

  expect(run.cancel).toBe('superseded');
  expect(run.document.phases[1]?.status).toBe('cancelled');
  expect(transition(after(...toDone), superseded).cancel).toBeNull();
});

test('a phase that is taken over keeps its clock', () => {
  expect(after(started('image', 1), started('image', 9)).document.phases[1]?.startedAt).toBe(at(1));
});

test('what is found grows in the document', () => {
  const run = after(
    { kind: 'configured', configSha: 'c', suites: [aSuite({ status: 'pending' })], at: at(0) },
    started('image'),
    { kind: 'images-resolved', images: [{ name: 'web', digest: 'sha256:1' }], at: at(1) },
    started('provisioning'),
    { kind: 'policies-asked', networkPolicies: { enforced: 'unknown', detail: 'not yet' }, at: at(2) },
    { kind: 'environment-up', namespace: 'gr-r1', url: 'http://web', at: at(2) },
    started('testing'),
    { kind: 'policies-asked', networkPolicies: { enforced: 'no', detail: 'seen' }, at: at(3) },
    { kind: 'suite-progress', suite: aSuite({ status: 'running' }), at: at(3) },
    { kind: 'suite-progress', suite: aSuite({ name: 'e2e', status: 'failed' }), at: at(3) },
    { kind: 'suite-progress', suite: aSuite(), at: at(4) },
    { kind: 'suites-finished', at: at(5) },
  );

  expect(run.document).toMatchObject({
    run: { configSha: 'c' },
    images: [{ name: 'web' }],
    environment: { url: 'http://web' },
    networkPolicies: { enforced: 'no', detail: 'seen' },
    suites: [
      { name: 'smoke', status: 'passed' },
      { name: 'e2e', status: 'failed' },
    ],
  });
  expect(run.document.phases[3]?.status).toBe('failed');
});

test.each([
  ['failed', aSuite({ status: 'failed' }), 'failed'],
  ['errored', aSuite({ status: 'errored' }), 'errored'],
  ['not required', aSuite({ status: 'failed', required: false }), 'passed'],
])('testing ends by its worst required suite: %s', (_, suite, status) => {
  const run = after(
    ...toTesting,
    { kind: 'suite-progress', suite, at: at(11) },
    { kind: 'suites-finished', at: at(12) },
  );

  expect(run.document.phases[3]?.status).toBe(status);
});

test('suites that a cancellation interrupts are cancelled', () => {
  const run = after(
    ...toTesting,
    { kind: 'suite-progress', suite: aSuite({ status: 'running' }), at: at(11) },
    { kind: 'cancel-requested', reason: 'closed', at: at(12) },
    { kind: 'suites-finished', at: at(12) },
  );

  expect(run.document.suites[0]?.status).toBe('cancelled');
  expect(run.document.phases[3]?.status).toBe('cancelled');
});

test('a kept environment may go after the end, and a gone one does not come back', () => {
  const kept: Fact = { ...gone, record: { ...gone.record, status: 'kept' } };
  const run = after(...toDone.map((fact) => (fact === gone ? kept : fact)));

  expect(transition(run, { kind: 'kept', until: at(9000), at: at(80) }).keepUntil).toBe(at(9000));
  expect(transition(run, gone).document.teardown.status).toBe('gone');
  expect(() => transition(transition(run, gone), kept)).toThrow(RunError);
});

test('a run judges itself: the class of its failure tells whose fault it is', () => {
  const broken = after(started('image'), { kind: 'failed', failure, at: at(1) });
  const unknown = after(started('image'), {
    kind: 'errored',
    failure: { ...failure, class: 'infrastructure' },
    at: at(1),
  });
  const replaced = transition(broken, { kind: 'cancel-requested', reason: 'superseded', at: at(2) });

  expect([judgeRun(broken).verdict, judgeRun(unknown).verdict, judgeRun(replaced).verdict]).toEqual([
    'failed',
    'errored',
    'cancelled',
  ]);
});

describe('is refused as our bug:', () => {
  const running = aSuite({ status: 'running' });

  test.each<[string, Fact[], Fact]>([
    ['a phase left out', [], started('testing')],
    ['a phase gone back to', toTesting, started('image')],
    ['the end without teardown', toTesting, started('done')],
    ['the end from reporting', [...toTesting, started('reporting'), judged], started('done')],
    ['the end without a verdict', [...toTesting, started('teardown'), gone], started('done')],
    ['the end without a receipt', [...toTesting, started('reporting'), judged, started('teardown')], started('done')],
    ['a second end', toDone, started('done')],
    ['anything after the end', toDone, started('teardown')],
    ['a verdict before reporting', toTesting, judged],
    ['a second verdict', [...toTesting, started('reporting'), judged], judged],
    [
      'a failure after the verdict',
      [...toTesting, started('reporting'), judged],
      { kind: 'failed', failure, at: at(51) },
    ],
    [
      'progress after the verdict',
      [...toTesting, started('reporting'), judged],
      { kind: 'suite-progress', suite: running, at: at(51) },
    ],
    [
      'a suite that runs again',
      [...toTesting, { kind: 'suite-progress', suite: aSuite(), at: at(11) }],
      { kind: 'suite-progress', suite: running, at: at(12) },
    ],
    [
      'the end of suites that run',
      [...toTesting, { kind: 'suite-progress', suite: running, at: at(11) }],
      { kind: 'suites-finished', at: at(12) },
    ],
    ['the end of suites before testing', [], { kind: 'suites-finished', at: at(12) }],
    ['images after provisioning', toTesting, { kind: 'images-resolved', images: [], at: at(12) }],
    ['an environment before provisioning', [], { kind: 'environment-up', namespace: 'n', url: null, at: at(1) }],
    ['a receipt before teardown', toTesting, gone],
    [
      'a receipt taken back',
      toDone.map((fact) => (fact === gone ? { ...gone, record: { ...gone.record, status: 'blocked' } } : fact)),
      { ...gone, record: { ...gone.record, status: 'pending' } },
    ],
    ['the end of another phase', toTesting, { kind: 'phase-finished', phase: 'image', status: 'failed', at: at(12) }],
    ['keeping what is gone', toDone, { kind: 'kept', until: at(99), at: at(80) }],
    [
      'policies asked of after the verdict',
      [...toTesting, started('reporting'), judged],
      { kind: 'policies-asked', networkPolicies: { enforced: 'yes', detail: '' }, at: at(52) },
    ],
    [
      'suites planned after the verdict',
      [...toTesting, started('reporting'), judged],
      { kind: 'configured', configSha: null, suites: [], at: at(52) },
    ],
  ])('%s', (_, facts, fact) => {
    const run = after(...facts);

    expect(() => transition(run, fact)).toThrow(
      expect.objectContaining({ code: 'ILLEGAL_TRANSITION', remedy: 'report-bug' }),
    );
  });
});

const anyFact: fc.Arbitrary<Fact> = fc.oneof(
  fc.constantFrom(...phaseOrder).map((phase) => started(phase)),
  fc.constantFrom(...phaseOrder).map((phase): Fact => ({ kind: 'phase-finished', phase, status: 'passed', at: at(1) })),
  fc.constantFrom('passed', 'failed', 'errored', 'cancelled').map((verdict): Fact => ({ ...judged, verdict }) as Fact),
  fc
    .constantFrom('superseded', 'closed')
    .map((reason): Fact => ({ kind: 'cancel-requested', reason, at: at(1) }) as Fact),
  fc
    .constantFrom('gone', 'kept', 'blocked', 'pending')
    .map((status): Fact => ({ ...gone, record: { ...gone.record, status } }) as Fact),
  fc
    .constantFrom('running', 'passed', 'failed')
    .map((status): Fact => ({ kind: 'suite-progress', suite: aSuite({ status }), at: at(1) }) as Fact),
  fc.constantFrom<Fact>(
    { kind: 'suites-finished', at: at(1) },
    { kind: 'failed', failure, at: at(1) },
    { kind: 'errored', failure, at: at(1) },
  ),
);

/** Noise alone, and noise between the steps of a run that goes well: so that ends are reached too. */
const anyFacts = fc.oneof(
  fc.array(anyFact, { maxLength: 60 }),
  fc
    .array(fc.array(anyFact, { maxLength: 2 }), { minLength: toDone.length, maxLength: toDone.length })
    .map((noise) => toDone.flatMap((fact, index) => [...(noise[index] ?? []), fact])),
);

test('whatever is told in whatever order, the rules of a run hold', () => {
  let reachedDone = 0;
  fc.assert(
    fc.property(anyFacts, (facts) => {
      let run = aRun();
      for (const fact of facts) {
        const before = run;
        try {
          run = transition(run, fact);
        } catch (error) {
          expect(error).toBeInstanceOf(RunError);
          continue;
        }
        expect(phaseOrder.indexOf(run.phase)).toBeGreaterThanOrEqual(phaseOrder.indexOf(before.phase));
        if (before.cancel !== null) expect(run.cancel).toBe(before.cancel);
        if (before.document.verdict !== null) expect(run.document.verdict).toBe(before.document.verdict);
        if (before.document.teardown.status === 'gone') expect(run.document.teardown.status).toBe('gone');
        expect(run.document.phase).toBe(run.phase);
        expect(run.document.phases.filter((phase) => phase.status === 'running').length).toBeLessThanOrEqual(1);
        if (run.phase !== 'done') continue;
        reachedDone++;
        expect(before.phase === 'teardown' || before.phase === 'done').toBe(true);
        expect(run.document.verdict).not.toBeNull();
        expect(run.document.teardown.status).not.toBe('pending');
      }
    }),
    { numRuns: 1000 },
  );
  expect(reachedDone).toBeGreaterThan(0);
});
