import { RunError } from '../errors.ts';
import { isFinal, type SuiteResult } from '../suites/suite-result.ts';
import type { PhaseRecord, VerdictDocument } from '../verdict/verdict-document.ts';
import type { Fact } from './fact.ts';
import { beginPhase, endPhase, mayFollow, phaseOrder } from './phases.ts';
import type { Run } from './run.ts';

type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

/**
 * A run after a fact. Every path passes through teardown; a verdict and a cancellation are set once. PURE.
 * @throws RunError ILLEGAL_TRANSITION (report-bug) when the fact cannot be true of this run
 */
export function transition(run: Run, fact: Fact): Run {
  switch (fact.kind) {
    case 'phase-started':
      return startPhase(run, fact);
    case 'phase-finished':
      return finishPhase(run, fact);
    case 'configured':
      demand(run, fact, !isJudged(run), 'a verdict stands');
      return {
        ...grow(run, { run: { ...run.document.run, configSha: fact.configSha }, suites: fact.suites }),
        expiresAt: fact.expiresAt ?? run.expiresAt,
      };
    case 'images-resolved':
      demand(run, fact, isBefore(run, 'testing'), `the run is in ${run.phase}`);
      return grow(run, { images: fact.images });
    case 'environment-up':
      demand(run, fact, run.phase === 'provisioning' || run.phase === 'testing', `the run is in ${run.phase}`);
      return grow(run, { environment: { namespace: fact.namespace, url: fact.url } });
    case 'policies-asked':
      demand(run, fact, !isJudged(run), 'a verdict stands');
      return grow(run, { networkPolicies: fact.networkPolicies });
    case 'suite-progress':
      return progressSuite(run, fact);
    case 'suites-finished':
      return finishSuites(run, fact);
    case 'cancel-requested':
      // A change may close while its run ends: that changes nothing any more, and is nobody's bug.
      return run.cancel !== null || run.phase === 'done' ? run : { ...run, cancel: fact.reason };
    case 'failed':
      return fail(run, fact, 'failed');
    case 'errored':
      return fail(run, fact, 'errored');
    case 'judged':
      return judged(run, fact);
    case 'teardown-recorded':
      return recordTeardown(run, fact);
    case 'kept':
      demand(run, fact, run.document.teardown.status !== 'gone', 'the environment is gone');
      return { ...run, keepUntil: fact.until };
    default:
      return fact satisfies never;
  }
}

function startPhase(run: Run, fact: FactOf<'phase-started'>): Run {
  // Whoever takes a run over begins its phase again; the clock of that phase runs on.
  if (fact.phase === run.phase && run.phase !== 'done') return run;
  demand(run, fact, mayFollow(run.phase, fact.phase), `the run is in ${run.phase}`);
  if (fact.phase === 'done') return finishRun(run, fact);
  const ended = endPhase(run.document.phases, run.phase, outcomeOf(run), fact.at);
  return { ...grow(run, { phase: fact.phase, phases: beginPhase(ended, fact.phase, fact.at) }), phase: fact.phase };
}

function finishRun(run: Run, fact: FactOf<'phase-started'>): Run {
  demand(run, fact, isJudged(run), 'there is no verdict');
  demand(run, fact, run.document.teardown.status !== 'pending', 'nothing is known of its teardown');
  const tornDown = run.document.teardown.status === 'blocked' ? 'failed' : 'passed';
  const ended = endPhase(run.document.phases, run.phase, tornDown, fact.at);
  const phases = endPhase(beginPhase(ended, 'done', fact.at), 'done', 'passed', fact.at);
  const document = { phase: fact.phase, phases, run: { ...run.document.run, finishedAt: fact.at } };
  return { ...grow(run, document), phase: fact.phase };
}

function finishPhase(run: Run, fact: FactOf<'phase-finished'>): Run {
  demand(run, fact, fact.phase === run.phase, `the run is in ${run.phase}`);
  return grow(run, { phases: endPhase(run.document.phases, fact.phase, fact.status, fact.at) });
}

/** How a phase went that nobody spoke ill of. */
function outcomeOf(run: Run): PhaseRecord['status'] {
  return run.cancel !== null && run.phase !== 'reporting' && run.phase !== 'teardown' ? 'cancelled' : 'passed';
}

function progressSuite(run: Run, fact: FactOf<'suite-progress'>): Run {
  const { suite } = fact;
  const known = run.document.suites.find((candidate) => candidate.name === suite.name);
  demand(run, fact, !isJudged(run), 'a verdict stands');
  demand(run, fact, !known || !isFinal(known) || isFinal(suite), `the suite "${suite.name}" is ${known?.status}`);
  const suites = known
    ? run.document.suites.map((candidate) => (candidate === known ? suite : candidate))
    : [...run.document.suites, suite];
  return grow(run, { suites });
}

function finishSuites(run: Run, fact: FactOf<'suites-finished'>): Run {
  demand(run, fact, run.phase === 'testing', `the run is in ${run.phase}`);
  const open = run.document.suites.filter((suite) => !isFinal(suite)).map((suite) => suite.name);
  const interrupted = run.cancel !== null || run.document.failure !== null;
  demand(run, fact, open.length === 0 || interrupted, `suites are not finished: ${open.join(', ')}`);
  const suites = run.document.suites.map(
    (suite): SuiteResult => (isFinal(suite) ? suite : { ...suite, status: 'cancelled', reason: 'the run ended first' }),
  );
  const phases = endPhase(run.document.phases, 'testing', worstOf(run, suites), fact.at);
  return grow(run, { suites, phases });
}

function worstOf(run: Run, suites: SuiteResult[]): PhaseRecord['status'] {
  if (run.cancel !== null) return 'cancelled';
  const words = suites.filter((suite) => suite.required).map((suite) => suite.status);
  if (words.includes('failed')) return 'failed';
  return words.includes('errored') || words.includes('cancelled') ? 'errored' : 'passed';
}

/** The first failure is the cause; what breaks after it is a consequence. */
function fail(run: Run, fact: FactOf<'failed'> | FactOf<'errored'>, status: 'failed' | 'errored'): Run {
  demand(run, fact, !isJudged(run), 'a verdict stands');
  const phases = endPhase(run.document.phases, run.phase, status, fact.at);
  return grow(run, { phases, failure: run.document.failure ?? fact.failure });
}

function judged(run: Run, fact: FactOf<'judged'>): Run {
  demand(run, fact, !isJudged(run), `the verdict "${run.document.verdict}" stands`);
  demand(run, fact, run.phase === 'reporting' || run.phase === 'teardown', `the run is in ${run.phase}`);
  return grow(run, { verdict: fact.verdict, reason: fact.reason, failure: fact.failure });
}

function recordTeardown(run: Run, fact: FactOf<'teardown-recorded'>): Run {
  demand(run, fact, !isBefore(run, 'teardown'), `the run is in ${run.phase}`);
  const { status } = run.document.teardown;
  demand(run, fact, status !== 'gone' || fact.record.status === 'gone', 'the environment is gone');
  demand(run, fact, status === 'pending' || fact.record.status !== 'pending', `its teardown is ${status} already`);
  return grow(run, { teardown: fact.record });
}

function isJudged(run: Run): boolean {
  return run.document.verdict !== null;
}

function isBefore(run: Run, phase: Run['phase']): boolean {
  return phaseOrder.indexOf(run.phase) < phaseOrder.indexOf(phase);
}

function grow(run: Run, part: Partial<VerdictDocument>): Run {
  return { ...run, document: { ...run.document, ...part } };
}

function demand(run: Run, fact: Fact, holds: boolean, why: string): void {
  if (holds) return;
  throw new RunError(`applying the fact "${fact.kind}" to run "${run.id}": ${why}`, {
    code: 'ILLEGAL_TRANSITION',
    remedy: 'report-bug',
  });
}
