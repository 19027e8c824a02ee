import { explain } from '../errors.ts';
import type { Run } from '../run/run.ts';
import type { TeardownReceipt } from '../store/tables.ts';
import { recordKept, saveReceipt } from '../store/teardowns.ts';
import { extendExpiry } from '../teardown/extend-expiry.ts';
import type { Receipt } from '../teardown/receipt.ts';
import { type TeardownProgress, tearDown } from '../teardown/tear-down.ts';
import type { TeardownRecord } from '../verdict/verdict-document.ts';
import type { Lease } from './lease.ts';
import type { Player } from './play-run.ts';
import type { Recorder } from './recorder.ts';

/** Teardown's own deadline: it shares no signal with the run. */
export const teardownDeadlineMs = 5 * 60_000;
/** When a blocked teardown is looked at again. */
export const retryTeardownMs = 60_000;

export interface Finishing {
  recorder: Recorder;
  lease: Lease;
  /** Until when somebody asked to keep the environment, as known last. */
  keepUntil: () => string | null;
}

/** Reports the verdict, tears the environment down (or keeps it as asked) and ends the run with its receipt. */
export async function finishRun(player: Player, { recorder, lease, keepUntil }: Finishing): Promise<void> {
  const { store, stage, acts } = player;
  await player.publish(recorder.run, { final: true, lease });
  await recorder.tell({ kind: 'phase-started', phase: 'teardown' });
  await lease.enough();
  const { run } = recorder;
  await acts.clearFolders(stage, run.id);
  if (!(await keepAsAsked(player, recorder, keepUntil()))) {
    const receipt = await tearDownRun(player, run);
    await recorder.tell({ kind: 'teardown-recorded', record: recordOfReceipt(receipt) });
    const retryAt = new Date(stage.now().getTime() + retryTeardownMs);
    await store.transaction((tx) => saveReceipt(tx, run.id, storedReceipt(receipt), retryAt));
  }
  await recorder.tell({ kind: 'phase-started', phase: 'done' });
  await player.publish(recorder.run, { final: true });
}

/** Whether the environment stays, because somebody asked for it and nobody wanted the run to end since. */
async function keepAsAsked({ store, stage }: Player, recorder: Recorder, until: string | null): Promise<boolean> {
  const { run } = recorder;
  if (until === null || Date.parse(until) <= stage.now().getTime() || run.document.environment === null) return false;
  await extendExpiry(stage.kubernetes, { instance: stage.instance, runId: run.id }, new Date(until));
  if (!(await store.transaction((tx) => recordKept(tx, run.id, new Date(until))))) return false;
  await recorder.tell({ kind: 'teardown-recorded', record: recordOf(run, 'kept') });
  return true;
}

/** Tears down what a run may have created. @returns a receipt, whatever happens: what could not be proven gone is blocked */
export async function tearDownRun({ stage, stacks }: Pick<Player, 'stage' | 'stacks'>, run: Run): Promise<Receipt> {
  const startedAt = stage.now();
  try {
    return await tearDown({
      kubernetes: stage.kubernetes,
      stacks,
      target: { name: run.environmentName, runId: run.id, instance: stage.instance },
      onProgress: (progress) => stage.onLine(run.id, 'teardown', teardownLine(progress)),
      deadlineMs: teardownDeadlineMs,
    });
  } catch (error) {
    stage.log.error({ run: run.id, err: error }, 'tearing down');
    return {
      runId: run.id,
      environment: run.environmentName,
      status: 'blocked',
      startedAt: startedAt.toISOString(),
      durationMs: stage.now().getTime() - startedAt.getTime(),
      created: [],
      gone: [],
      blockedBy: [{ object: run.environmentName, cause: 'unknown', message: explain(error) }],
      volumes: [],
    };
  }
}

export function recordOfReceipt(receipt: Receipt): TeardownRecord {
  return {
    status: receipt.status,
    durationMs: receipt.durationMs,
    resources: { created: receipt.created.length, gone: receipt.gone.length },
    blockedBy: receipt.blockedBy.map(({ object, cause, message }) => `${object} (${cause}): ${message}`),
  };
}

export function storedReceipt(receipt: Receipt): TeardownReceipt {
  return { ...receipt, ...recordOfReceipt(receipt) };
}

function recordOf(run: Run, status: 'kept'): TeardownRecord {
  return { ...run.document.teardown, status };
}

export function teardownLine(progress: TeardownProgress): string {
  switch (progress.kind) {
    case 'found':
      return `${progress.objects} objects in ${progress.namespaces} namespaces must go`;
    case 'namespace-gone':
      return `namespace ${progress.namespace} is gone`;
    case 'pulumi':
      return progress.ok ? 'the stack is cleared' : `Pulumi could not clear the stack: ${progress.detail}`;
    default:
      return progress satisfies never;
  }
}
