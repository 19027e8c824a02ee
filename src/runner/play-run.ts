import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stacks } from '../environment/stacks.ts';
import { explain, RunError } from '../errors.ts';
import type { Demand } from '../run/demand.ts';
import { isOfWorkingTree, type Run } from '../run/run.ts';
import { askForRoom, type Room } from '../store/admission.ts';
import { createRun } from '../store/create-run.ts';
import { setDeadline } from '../store/deadlines.ts';
import { setExpiry } from '../store/expiry.ts';
import { claimRun, type Hold, releaseRun, renewLease } from '../store/leases.ts';
import { lastLogLine } from '../store/run-log.ts';
import type { StoredRun } from '../store/run-row.ts';
import { runsOfChange } from '../store/runs.ts';
import type { Store } from '../store/store.ts';

import type { Acts } from './acts.ts';
import { endAsUntested } from './end-as-untested.ts';
import { cancelledBecause } from './ending.ts';
import { finishRun } from './finish-run.ts';
import { greenSuitesOn } from './green-suites.ts';
import { isApproved, letRunBy } from './is-approved.ts';
import { keepLease } from './keep-lease.ts';
import { Lease, leaseLost } from './lease.ts';
import { rerunOf } from './new-run-for.ts';
import { patiently } from './patiently.ts';
import { performRun } from './perform-run.ts';
import { AwaitingRoom, Draining, EndedEarly, LeftBehind } from './performance.ts';
import { Recorder } from './recorder.ts';
import type { Opened } from './source.ts';
import type { Stage } from './stage.ts';

/** Who plays runs: one per process. */
export interface Player {
  stage: Stage;
  acts: Acts;
  stacks: Stacks;
  store: Store;
  /** This process among all that share the store. */
  owner: string;
  /** Where the run's files and its change come from; null for a working tree of a process that is gone. */
  open: (run: Run, signal: AbortSignal) => Promise<Opened | null>;
  /** What the cluster has to give away now. @throws RunError when it cannot be asked */
  room: (signal: AbortSignal) => Promise<Room>;
  /** Says on the forge what stands in the run; must not throw. `final`: do not return before it is said or its time is over. */
  publish: (run: Run, options: Publishing) => Promise<void>;
}

export interface Publishing {
  /** Return when it is said, or its time is over. */
  final: boolean;
  /** Whoever plays the run says nothing that may land when somebody else plays it; absent where nobody plays it. */
  lease?: Lease;
}

/** Claims a run and plays it to its end, teardown included; returns at once when somebody else plays it. */
export async function playRun(player: Player, runId: string, shutdown: AbortSignal): Promise<void> {
  const { store, stage, owner } = player;
  if (shutdown.aborted) return;
  const askedAt = performance.now();
  const claimed = await store.transaction((tx) => claimRun(tx, runId, owner));
  if (claimed === null) return;
  const { run, hold } = claimed;
  const lease = new Lease(hold, askedAt);
  const abort = new AbortController();
  const leaseEnds = new AbortController();
  const onShutdown = () => abort.abort(new Draining());
  shutdown.addEventListener('abort', onShutdown, { once: true });
  const recorder = new Recorder({ store, run, hold, now: stage.now, onUpdate: (now) => updated(player, now, lease) });
  const leasing = keepLease(
    {
      lease,
      log: stage.log,
      renew: async () => renewLease(store, hold, await store.now()),
      onNews: ({ cancel }) => {
        if (cancel !== null) abort.abort(new EndedEarly(cancel));
      },
      onLost: (error) => abort.abort(error),
    },
    leaseEnds.signal,
  );
  try {
    const turn = { recorder, lease, signal: abort.signal };
    await unlessUnheard(playOn(player, turn), abort.signal).catch(async (error: unknown) => {
      if (!(error instanceof LeftBehind)) throw error;
      await replace(player, recorder, run);
    });
    await finishRun(player, { recorder, lease });
  } catch (error) {
    // It was given back already; whoever is woken by its admission plays it. Its place is told by us, who told of it before.
    if (error instanceof AwaitingRoom) void player.publish(recorder.run, { final: false });
    else await handOver(player, hold, error);
  } finally {
    shutdown.removeEventListener('abort', onShutdown);
    leaseEnds.abort();
    await leasing;
    // Whatever is still to be said with this lease is not said any more.
    lease.lose();
  }
}

/** Long enough for every act to end by itself once it is told to. */
const unheardMs = 2 * 60_000;

/** What does not hear its signal must not keep a run, and its place among those at work, for ever. */
async function unlessUnheard(playing: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const unheard = async () => {
    if (!signal.aborted) await once(signal, 'abort', { signal: over.signal });
    await sleep(unheardMs, undefined, { signal: over.signal });
    throw new RunError('ending what a run had under way: it does not end', {
      code: 'ACT_UNHEARD',
      remedy: 'report-bug',
    });
  };
  const late = unheard();
  try {
    await Promise.race([playing, late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
    playing.catch(() => undefined);
  }
}

interface Turn {
  recorder: Recorder;
  lease: Lease;
  signal: AbortSignal;
}

async function playOn(player: Player, { recorder, lease, signal }: Turn): Promise<void> {
  const { stage, acts, store } = player;
  const { run } = recorder;
  if (run.document.verdict !== null) return;
  if (run.cancel !== null) return cancelNow(recorder, run.cancel);
  const opening = { log: stage.log, runId: run.id, what: 'opening a run' };
  // A forge that is away for a moment costs no run; one that refuses, or stays away, ends it as not tested.
  const opened = await patiently(() => player.open(run, signal), opening, signal).catch((error: unknown) =>
    unopened(recorder, error),
  );
  if (opened === 'ended') return;
  if (opened === null) return cancelNow(recorder, 'interrupted');
  const { source, change, adds } = opened;
  const approved = await isApproved(store, run, adds);
  const letBy = run.trusted ? null : await letRunBy(store, run);
  const facts = change === null ? null : { ...change, approved, letRunBy: letBy };
  await performRun({
    stage,
    acts,
    recorder,
    lease,
    source,
    change: facts,
    passedBefore: greenSuitesOn(run.headSha, await earlierRuns(store, run)),
    heardUntil: (await lastLogLine(store, run.id))?.at ?? null,
    endWithin: (ms) => store.transaction((tx) => setDeadline(tx, lease.hold, ms)),
    expireAfter: (forMs) =>
      store.transaction((tx) => setExpiry(tx, run.id, { forMs, mostMs: stage.ceilings.maxTtlMs })),
    admit: (demand) => admit(player, lease.hold, demand, signal),
    signal,
  });
}

async function unopened(recorder: Recorder, error: unknown): Promise<'ended'> {
  if (error instanceof EndedEarly) {
    await cancelNow(recorder, error.reason);
    return 'ended';
  }
  if (!(error instanceof RunError) || error.code === 'LEASE_LOST') throw error;
  await endAsUntested(recorder, error);
  return 'ended';
}

async function admit({ store, room }: Player, hold: Hold, demand: Demand, signal: AbortSignal): Promise<boolean> {
  const there = await room(signal);
  const admitted = await store.transaction((tx) => askForRoom(tx, hold, demand, there));
  if (admitted === null) throw leaseLost(hold);
  return admitted;
}

/** A run that cannot be gone on with: a fresh one takes its place, never against a used environment. */
async function replace({ store }: Player, recorder: Recorder, run: StoredRun): Promise<void> {
  if (!isOfWorkingTree(run) && run.cancel === null) {
    const { changeId: id, repository, change: number, queueRef } = run;
    const change = { id, repository, number, queueRef };
    await store.transaction((tx) => createRun(tx, { change, author: run.author, build: rerunOf(run, tx.now) }));
  }
  await cancelNow(recorder, run.cancel ?? (isOfWorkingTree(run) ? 'interrupted' : 'superseded'));
}

async function cancelNow(recorder: Recorder, reason: NonNullable<Run['cancel']>): Promise<void> {
  if (recorder.run.document.verdict !== null) return;
  await recorder.tell({ kind: 'cancel-requested', reason });
  if (recorder.run.phase === 'testing') await recorder.tell({ kind: 'suites-finished' });
  if (recorder.run.phase !== 'teardown') await recorder.tell({ kind: 'phase-started', phase: 'reporting' });
  const { cancelled } = cancelledBecause(reason, recorder.run);
  await recorder.tell({ kind: 'judged', verdict: 'cancelled', reason: `${cancelled ?? reason}.`, failure: null });
}

async function earlierRuns(store: Store, { id, changeId }: Run): Promise<Run[]> {
  return (await runsOfChange(store, changeId)).filter((other) => other.id !== id);
}

async function handOver({ store, stage }: Player, hold: Hold, error: unknown): Promise<void> {
  if (!(error instanceof Draining)) stage.log.error({ run: hold.runId, error: explain(error) }, 'playing a run');
  await store.transaction((tx) => releaseRun(tx, hold)).catch(() => undefined);
}

function updated({ stage, publish }: Player, run: Run, lease: Lease): void {
  stage.onUpdate(run);
  void publish(run, { final: false, lease });
}
