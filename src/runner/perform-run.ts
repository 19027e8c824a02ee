import { durationMs } from '../config/duration.ts';
import { bearingOf } from '../run/judge-run.ts';
import type { Run } from '../run/run.ts';
import { isFinal, type SuiteResult } from '../suites/suite-result.ts';
import { judge } from '../verdict/judge.ts';
import type { SuitesAtHand } from './acts.ts';
import { demandOfRun } from './demand-of-run.ts';
import { cancelledBecause, type Ending, endingOfError, untold } from './ending.ts';
import { AwaitingRoom, Draining, EndedEarly, LeftBehind, type Performance } from './performance.ts';
import { requireFences, tellFences, tellFencesAtLast } from './policies/fences.ts';
import { type Plan, readPlan } from './read-plan.ts';
import { longestRunMs } from './run-deadline.ts';
import { stillWanted, stillWantedAsFarAsKnown } from './still-wanted.ts';

/**
 * A run from its first look to its verdict. What the change does wrong is data; what we could not find out ends the run as
 * errored. Teardown is not here: it was promised before this began, and has a deadline of its own.
 * @throws RunError LEASE_LOST, Draining, AwaitingRoom and LeftBehind alone
 */
export async function performRun(performance: Performance): Promise<Run> {
  const { recorder } = performance;
  const ending = await takeUp(performance).catch((error: unknown) => endingOf(error, performance));
  if (recorder.run.phase === 'testing') await recorder.tell({ kind: 'suites-finished' });
  await recorder.tell({ kind: 'phase-started', phase: 'reporting' });
  await tellFencesAtLast(performance);
  const judgement = judge({ ...ending, suites: recorder.run.document.suites });
  await recorder.tell({ kind: 'judged', ...judgement });
  return recorder.run;
}

/** From its first look, or from where the player before us has left it. */
async function takeUp(performance: Performance): Promise<Ending> {
  const { phase, document } = performance.recorder.run;
  const isTold = document.failure !== null || (phase === 'testing' && document.suites.every(isFinal));
  if (phase === 'reporting' || isTold) return await concludeAgain(performance);
  if (phase === 'testing') return await adopt(performance);
  // Half an environment is nobody's to test in.
  if (phase === 'provisioning') throw new LeftBehind();
  return await play(performance);
}

/** Whoever played it died between its last finding and the verdict: what was found stands in the row, the rules are read again. */
async function concludeAgain(performance: Performance): Promise<Ending> {
  const { recorder, source, change, signal, passedBefore } = performance;
  const { run } = recorder;
  const { failure } = run.document;
  await stillWantedAsFarAsKnown(performance);
  const reading = await readPlan(source, run, change, signal);
  if (reading.kind === 'skip') return { ...untold, skipped: reading.reason };
  if (reading.kind === 'gate') return { ...untold, gate: reading.failure };
  return {
    ...untold,
    ...bearingOf(failure),
    missingRequired: reading.plan.missingRequired,
    notRun: notRunOf(reading.plan, run, passedBefore),
  };
}

function notRunOf(plan: Plan, run: Run, passedBefore: readonly string[]): string[] {
  return run.trigger === 'local' ? [] : plan.leftOut.filter((name) => !passedBefore.includes(name));
}

async function play(performance: Performance): Promise<Ending> {
  const { recorder, lease, source, change, signal, stage, acts } = performance;
  await stillWanted(performance);
  const reading = await readPlan(source, recorder.run, change, signal);
  if (reading.kind === 'skip') return { ...untold, skipped: reading.reason };
  if (reading.kind === 'gate') return { ...untold, gate: reading.failure };
  const { plan } = reading;
  const { headSha, baseSha } = recorder.run;
  const expiresAt = await performance.expireAfter(durationMs(plan.config.limits.ttl));
  await recorder.tell({
    kind: 'configured',
    configSha: plan.decidedBy === 'base' ? baseSha : headSha,
    suites: plan.suites,
    expiresAt: expiresAt.toISOString(),
  });
  for (const note of plan.notes) stage.onLine(recorder.run.id, 'greenroom', note);
  const rendered = await requireFences(performance)
    .then(() => acts.readApplication(performance, plan))
    .catch(async (error: unknown) => {
      // What is wrong with it is no fault of the queue.
      if (!signal.aborted) await recorder.tell({ kind: 'phase-started', phase: 'image' });
      throw error;
    });
  if (!(await performance.admit(demandOfRun(plan, rendered)))) throw new AwaitingRoom();
  await performance.endWithin(longestRunMs(plan.config));
  await recorder.tell({ kind: 'phase-started', phase: 'image' });
  await lease.enough();
  const images = await acts.resolveImages(performance, plan, rendered);
  if ('failure' in images) return ofNotReady(performance, images.failure);
  await stillWanted(performance);
  await recorder.tell({ kind: 'phase-started', phase: 'provisioning' });
  await tellFences(performance);
  await lease.enough();
  const provisioned = await acts.provision(performance, plan, images);
  if ('failure' in provisioned) return ofNotReady(performance, provisioned.failure);
  const { namespace, url, suites } = provisioned;
  await recorder.tell({ kind: 'environment-up', namespace, url });
  return await testBy(performance, plan, suites);
}

/** Whoever played it died while its suites were at work: they outlive us, and their results are still to be had. */
async function adopt(performance: Performance): Promise<Ending> {
  const { recorder, source, change, signal, acts } = performance;
  await stillWanted(performance);
  const reading = await readPlan(source, recorder.run, change, signal);
  if (reading.kind !== 'run' || !isPlanOf(recorder.run, reading.plan)) throw new LeftBehind();
  const adopted = await acts.adopt(performance, reading.plan);
  if (adopted === null) throw new LeftBehind();
  return await testBy(performance, reading.plan, adopted.suites);
}

/** Whether these are the suites that were begun: an approval, or a base that moved, may have changed the rules since. */
function isPlanOf({ document }: Run, { suites }: Plan): boolean {
  const begun = new Map(document.suites.map((suite) => [suite.name, suite]));
  const isBegun = ({ name, kind, required }: SuiteResult) =>
    begun.get(name)?.kind === kind && begun.get(name)?.required === required;
  return suites.length === begun.size && suites.every(isBegun);
}

async function testBy(performance: Performance, plan: Plan, suites: SuitesAtHand): Promise<Ending> {
  await test(performance, suites);
  await stillWantedAsFarAsKnown(performance);
  const notRun = notRunOf(plan, performance.recorder.run, performance.passedBefore);
  return { ...untold, missingRequired: plan.missingRequired, notRun };
}

/** A red test is in the results; nothing of it is thrown. */
async function test(performance: Performance, suites: SuitesAtHand): Promise<void> {
  const { recorder, lease, signal } = performance;
  try {
    await stillWanted(performance);
    await suites.warm();
    await recorder.tell({ kind: 'phase-started', phase: 'testing' });
    await stillWanted(performance);
    await lease.enough();
    await suites.go();
    const results = await suites.collect((suite) => recorder.tell({ kind: 'suite-progress', suite }));
    signal.throwIfAborted();
    for (const suite of results) recorder.mention({ kind: 'suite-progress', suite });
    await recorder.tell({ kind: 'suites-finished' });
  } finally {
    suites.abandon();
  }
}

async function ofNotReady(performance: Performance, failure: Ending['notReady'] & object): Promise<Ending> {
  const { recorder } = performance;
  await stillWantedAsFarAsKnown(performance);
  await recorder.tell({ kind: failure.class === 'product' ? 'failed' : 'errored', failure });
  return { ...untold, notReady: failure };
}

async function endingOf(error: unknown, { recorder, signal, stage }: Performance): Promise<Ending> {
  if (error instanceof AwaitingRoom || (error instanceof LeftBehind && !signal.aborted)) throw error;
  // Whatever broke after the signal broke because of it.
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (cause instanceof EndedEarly) {
    await recorder.tell({ kind: 'cancel-requested', reason: cause.reason });
    return cancelledBecause(cause.reason, recorder.run);
  }
  if (cause instanceof Draining) throw cause;
  if (isLeaseLost(cause) || isLeaseLost(error)) throw isLeaseLost(cause) ? cause : error;
  stage.log.warn({ run: recorder.run.id, err: cause }, 'the run could not go on');
  const ending = endingOfError(cause);
  const failure = ending.error ?? ending.gate;
  if (failure) await recorder.tell({ kind: ending.error ? 'errored' : 'failed', failure });
  return ending;
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'LEASE_LOST';
}
