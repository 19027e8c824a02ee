import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../errors.ts';
import { missedEvents, type OpenChange } from '../event/missed-events.ts';
import type { Forge } from '../forge/forge.ts';
import { rememberedChanges } from '../store/changes.ts';
import { reopenTeardown } from '../store/teardowns.ts';
import { untoldRuns } from '../store/untold-runs.ts';
import { environmentsOf, listOwnedNamespaces } from '../teardown/owned-namespaces.ts';
import { type EventHandling, handleEvent } from './handle-event.ts';
import type { Player } from './play-run.ts';
import { sweepEnvironments } from './sweep-environments.ts';

/** What was found different from what the rows said, and repaired. */
export type Repair = 'event' | 'conclusion' | 'late-effect' | 'environment';

export interface Reconciling {
  player: Player;
  /** Null: no forge, hence nothing to compare changes with. */
  events: EventHandling | null;
  onRepair: (repair: Repair, count: number) => void;
}

const everyMs = 60_000;
/** A player says its run's verdict itself; whatever is still unsaid after this, nobody says. */
const playersTimeMs = 90_000;
/** Nobody waits for the word on an older run, and a forge that refuses it would be asked for ever. */
const worthTellingMs = 24 * 3_600_000;

/**
 * Compares what is with what the rows say, at once and then every minute, and repairs each difference by the very functions that events use.
 * What cannot be asked now repairs nothing, and nothing is torn down for it. Never rejects; ends with the signal.
 */
export async function keepReconciled(reconciling: Reconciling, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await reconcile(reconciling, signal);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** One round. Each comparison stands alone: one that fails does not keep the next from its turn. */
export async function reconcile(reconciling: Reconciling, signal: AbortSignal): Promise<void> {
  const { player, onRepair } = reconciling;
  const rounds: [Repair, () => Promise<number>][] = [
    ['event', () => repairEvents(reconciling, signal)],
    ['late-effect', () => repairReceipts(player, signal)],
    ['environment', () => repairEnvironments(reconciling, signal)],
    ['conclusion', () => repairConclusions(player, signal)],
  ];
  for (const [repair, round] of rounds) {
    if (signal.aborted) return;
    try {
      const count = await round();
      if (count > 0) onRepair(repair, count);
    } catch (error) {
      player.stage.log.warn({ repair, error: explain(error) }, 'reconciling');
    }
  }
}

/** Deliveries that were lost, or came before we listened. */
async function repairEvents({ player, events }: Reconciling, signal: AbortSignal): Promise<number> {
  if (events === null) return 0;
  const { store, stage } = player;
  const remembered = await rememberedChanges(store);
  const repositories = new Set([...(await events.forge.listRepositories(signal)), ...remembered.map(nameOf)]);
  const { open, doubtful } = await listOpen(events.forge, [...repositories], signal);
  let repaired = 0;
  for (const event of missedEvents(open, remembered, doubtful)) {
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
  const doubtful = new Set<string>();
  for (const repository of repositories) {
    try {
      open.push(...(await forge.listOpenChanges(repository, signal)));
    } catch {
      signal.throwIfAborted();
      doubtful.add(repository);
    }
  }
  return { open, doubtful };
}

/** What stands although a receipt says that it is gone. */
async function repairReceipts({ stage, store }: Player, signal: AbortSignal): Promise<number> {
  const { kubernetes, instance } = stage;
  const standing = environmentsOf(await listOwnedNamespaces(kubernetes, instance, null, signal));
  let reopened = 0;
  for (const { runId } of standing) if (await store.transaction((tx) => reopenTeardown(tx, runId))) reopened += 1;
  return reopened;
}

async function repairEnvironments({ player, events }: Reconciling, signal: AbortSignal): Promise<number> {
  const onLine = (line: string) => player.stage.log.info({ line }, 'sweep');
  const { destroyed } = await sweepEnvironments(player, events?.forge ?? null, { dryRun: false, onLine }, signal);
  return destroyed;
}

/** The watchdog: verdicts that the forge has not heard. */
async function repairConclusions({ store, publish }: Player, signal: AbortSignal): Promise<number> {
  const now = (await store.now()).getTime();
  const window = { after: new Date(now - worthTellingMs), before: new Date(now - playersTimeMs) };
  const runs = await untoldRuns(store, window);
  for (const run of runs) {
    signal.throwIfAborted();
    await publish(run, { final: true });
  }
  return runs.length;
}
