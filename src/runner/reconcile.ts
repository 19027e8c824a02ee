import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../errors.ts';
import { type ListedEntry, missedEvents, missedQueueEvents, type OpenChange } from '../event/missed-events.ts';
import type { Forge } from '../forge/forge.ts';
import type { Run } from '../run/run.ts';
import { rememberedChanges, rememberedEntries } from '../store/changes.ts';
import { type Commit, commitsToVerify, rememberVerified } from '../store/checks.ts';
import { overdueRuns } from '../store/deadlines.ts';
import { standingDeployments } from '../store/deployments.ts';
import type { Store } from '../store/store.ts';
import { reopenTeardown, runsWithTeardown } from '../store/teardowns.ts';
import { uncommentedRuns, untoldRuns } from '../store/untold-runs.ts';
import { environmentsOf, listOwnedNamespaces } from '../teardown/owned-namespaces.ts';
import { repositories } from './bell.ts';
import { clearStacks } from './clear-stacks.ts';
import { concludeOverdue } from './conclude-overdue.ts';
import { type EventHandling, handleEvent } from './handle-event.ts';
import type { Player } from './play-run.ts';
import { sweepEnvironments } from './sweep-environments.ts';

/** What was found different from what the rows said, and repaired. */
export type Repair = (typeof repairs)[number];
const repairs = ['event', 'late-effect', 'overdue', 'conclusion', 'check', 'environment', 'stack'] as const;

export interface Reconciling {
  player: Player;
  /** Null: no forge, hence nothing to compare changes with. */
  events: EventHandling | null;
  /** Puts the checks on a commit right where they stand otherwise at the forge; null without one. @returns how many */
  verifyChecks: ((commit: Commit, signal: AbortSignal) => Promise<number>) | null;
  onRepair: (repair: Repair, count: number) => void;
}

const everyMs = 60_000;
/** A player says its run's verdict itself; whatever is still unsaid after this, nobody says. */
const playersTimeMs = 90_000;
/** Nobody waits for the word on an older run, and a forge that refuses it would be asked for ever. */
const worthTellingMs = 24 * 3_600_000;
const toldAtOnce = 20;
/** Checks that could not be read are tried again after this. */
const unreadAgainMs = 5 * 60_000;

/**
 * Compares what is with what the rows say, at once and then every minute, and repairs each difference by the very functions that events use.
 * What cannot be asked now repairs nothing, and nothing is torn down for it. Each comparison has a loop of its own: one that
 * takes its time, on a namespace that does not go, keeps no other from its turn. Never rejects; ends with the signal.
 */
export async function keepReconciled(reconciling: Reconciling, signal: AbortSignal): Promise<void> {
  const loop = async (repair: Repair): Promise<void> => {
    while (!signal.aborted) {
      await repairOne(reconciling, repair, signal);
      await pauseAfter(repair, reconciling, signal).catch(() => undefined);
    }
  };
  await Promise.all(repairs.map(loop));
}

/** Of repositories that it may see now an App is told; the rest goes by time. */
function pauseAfter(repair: Repair, { player }: Reconciling, signal: AbortSignal): Promise<void> {
  const { bell } = player.stage;
  return repair === 'event' ? bell.wait(repositories, everyMs, signal) : sleep(everyMs, undefined, { signal });
}

/** One round of all comparisons. */
export async function reconcile(reconciling: Reconciling, signal: AbortSignal): Promise<void> {
  for (const repair of repairs) if (!signal.aborted) await repairOne(reconciling, repair, signal);
}

async function repairOne(reconciling: Reconciling, repair: Repair, signal: AbortSignal): Promise<void> {
  try {
    const count = await rounds[repair](reconciling, signal);
    if (count > 0) reconciling.onRepair(repair, count);
  } catch (error) {
    if (!signal.aborted) reconciling.player.stage.log.warn({ repair, error: explain(error) }, 'reconciling');
  }
}

const rounds: Record<Repair, (reconciling: Reconciling, signal: AbortSignal) => Promise<number>> = {
  event: repairEvents,
  'late-effect': repairReceipts,
  overdue: repairOverdue,
  check: repairChecks,
  environment: repairEnvironments,
  conclusion: repairConclusions,
  stack: ({ player }, signal) => clearStacks(player, signal),
};

/** Deliveries that were lost, or came before we listened. */
async function repairEvents({ player, events }: Reconciling, signal: AbortSignal): Promise<number> {
  if (events === null) return 0;
  const { store, stage } = player;
  const remembered = await rememberedChanges(store);
  const entries = await rememberedEntries(store);
  const names = new Set([...(await events.forge.listRepositories(signal)), ...[...remembered, ...entries].map(nameOf)]);
  const { open, queued, doubtful } = await listOpen(events.forge, [...names], signal);
  // Everybody's merges wait for those in the queue.
  const missed = [...missedQueueEvents(queued, entries, doubtful), ...missedEvents(open, remembered, doubtful)];
  let repaired = 0;
  for (const event of missed) {
    signal.throwIfAborted();
    try {
      await handleEvent(events, event, async () => true, signal);
      repaired += 1;
    } catch (error) {
      stage.log.warn({ event: event.kind, error: explain(error) }, 'repairing what a delivery never said');
    }
  }
  return repaired;
}

function nameOf({ repository }: { repository: string }): string {
  return repository;
}

async function listOpen(forge: Forge, repositories: string[], signal: AbortSignal) {
  const open: OpenChange[] = [];
  const queued: ListedEntry[] = [];
  const doubtful = new Set<string>();
  for (const repository of repositories) {
    try {
      const changes = await forge.listOpenChanges(repository, signal);
      queued.push(...(await forge.listQueue(repository, signal)));
      open.push(...changes);
    } catch {
      signal.throwIfAborted();
      doubtful.add(repository);
    }
  }
  return { open, queued, doubtful };
}

/** What stands although a receipt says that it is gone. */
async function repairReceipts({ player: { stage, store } }: Reconciling, signal: AbortSignal): Promise<number> {
  const { kubernetes, instance } = stage;
  const standing = environmentsOf(await listOwnedNamespaces(kubernetes, instance, null, signal));
  let reopened = 0;
  for (const { runId } of standing) if (await store.transaction((tx) => reopenTeardown(tx, runId))) reopened += 1;
  return reopened;
}

/** What the rows know nothing of; an environment with a row is its teardown's business, with a receipt `repairReceipts`'. */
async function repairEnvironments({ player, events }: Reconciling, signal: AbortSignal): Promise<number> {
  const leave = (runIds: readonly string[]) => runsWithTeardown(player.store, runIds);
  const onLine = (line: string) => player.stage.log.info({ line }, 'sweep');
  const { destroyed } = await sweepEnvironments(
    player,
    events?.forge ?? null,
    { dryRun: false, leave, onLine },
    signal,
  );
  return destroyed;
}

/** The watchdog: runs that nobody concludes in their time. */
async function repairOverdue({ player }: Reconciling, signal: AbortSignal): Promise<number> {
  const { store } = player;
  let concluded = 0;
  for (const runId of await overdueRuns(store, await store.now())) {
    signal.throwIfAborted();
    if (await concludeOverdue(player, runId)) concluded += 1;
  }
  return concluded;
}

/** What a frozen owner wrote late, over its run's last word, and what changes say that have left the commit since. */
async function repairChecks({ player, verifyChecks }: Reconciling, signal: AbortSignal): Promise<number> {
  if (verifyChecks === null) return 0;
  const { store, stage } = player;
  const now = await store.now();
  let repaired = 0;
  for (const commit of await commitsToVerify(store, now)) {
    signal.throwIfAborted();
    let again: Date | null = null;
    try {
      repaired += await verifyChecks(commit, signal);
    } catch (error) {
      signal.throwIfAborted();
      // One repository that refuses keeps no other from its turn.
      again = new Date(now.getTime() + unreadAgainMs);
      stage.log.warn({ ...commit, error: explain(error) }, 'reading checks again');
    }
    await store.transaction((tx) => rememberVerified(tx, commit, { now, again }));
  }
  return repaired;
}

/** The watchdog: verdicts that the forge has not heard. @returns how many it has heard now */
async function repairConclusions({ player: { store, publish } }: Reconciling, signal: AbortSignal): Promise<number> {
  const now = (await store.now()).getTime();
  const window = { after: new Date(now - worthTellingMs), before: new Date(now - playersTimeMs) };
  const untold = await untoldOf(store, window);
  if (untold.length === 0) return 0;
  // Those that a forge keeps refusing take turns with those that nobody has tried to tell.
  const turn = untold.length <= toldAtOnce ? 0 : Math.floor(now / everyMs) % untold.length;
  const some = [...untold.slice(turn), ...untold.slice(0, turn)].slice(0, toldAtOnce);
  await Promise.all(some.map((run) => publish(run, { final: true })));
  signal.throwIfAborted();
  const left = new Set((await untoldOf(store, window)).map((run) => run.id));
  return some.filter((run) => !left.has(run.id)).length;
}

/** By the checks of their commits, by the comments of their changes, or by their own deployments. */
async function untoldOf(store: Store, window: { after: Date; before: Date }): Promise<Run[]> {
  const untold = new Map<string, Run>();
  for (const runs of [untoldRuns, uncommentedRuns, standingDeployments])
    for (const run of await runs(store, window)) untold.set(run.id, untold.get(run.id) ?? run);
  return [...untold.values()];
}
