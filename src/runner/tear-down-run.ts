import { explain, RunError } from '../errors.ts';
import type { Run } from '../run/run.ts';
import type { TeardownReceipt } from '../store/tables.ts';
import type { Teardown } from '../store/teardowns.ts';
import { EarlierReceipt, type Receipt } from '../teardown/receipt.ts';
import { tearDown } from '../teardown/tear-down.ts';
import type { TeardownProgress } from '../teardown/work.ts';
import type { TeardownRecord } from '../verdict/verdict-document.ts';
import type { Lease } from './lease.ts';
import type { Player } from './play-run.ts';

/** Teardown's own deadline: it shares no signal with the run. */
export const teardownDeadlineMs = 90_000;
/** What was blocked once is only looked at again: it must not keep the others from their turn. */
const laterDeadlineMs = 60_000;

export interface Attempt {
  lease: Lease;
  /** The teardown as the store has it: what earlier attempts found, and what its operator allows. */
  teardown: Teardown | null;
}

/**
 * Tears down what a run may have created. @returns a receipt: what could not be proven gone is blocked
 * @throws RunError LEASE_LOST: somebody else tears it down, and gives the receipt
 */
export async function tearDownRun(
  { stage, stacks }: Pick<Player, 'stage' | 'stacks'>,
  run: Run,
  { lease, teardown }: Attempt,
): Promise<Receipt> {
  const startedAt = stage.now();
  const earlier = earlierOf(teardown);
  try {
    return await tearDown({
      kubernetes: stage.kubernetes,
      stacks,
      target: { name: run.environmentName, runId: run.id, instance: stage.instance },
      onProgress: (progress) => stage.onLine(run.id, 'teardown', teardownLine(progress)),
      deadlineMs: teardown?.blockedSince == null ? teardownDeadlineMs : laterDeadlineMs,
      lease,
      earlier,
      stripFinalizers: teardown?.stripFinalizers ?? false,
    });
  } catch (error) {
    if (error instanceof RunError && error.code === 'LEASE_LOST') throw error;
    stage.log.error({ run: run.id, err: error }, 'tearing down');
    return {
      runId: run.id,
      environment: run.environmentName,
      status: 'blocked',
      startedAt: startedAt.toISOString(),
      durationMs: stage.now().getTime() - startedAt.getTime(),
      created: earlier?.created ?? [],
      gone: earlier?.gone ?? [],
      blockedBy: [{ object: run.environmentName, cause: 'unknown', message: explain(error) }],
      volumes: earlier?.volumes ?? [],
      stripped: earlier?.stripped ?? [],
    };
  }
}

function earlierOf(teardown: Teardown | null): EarlierReceipt | null {
  return EarlierReceipt.safeParse(teardown?.receipt).data ?? null;
}

export function recordOfReceipt(receipt: Receipt): TeardownRecord {
  const outliving = receipt.volumes.filter(({ status }) => status !== 'gone');
  return {
    status: receipt.status,
    durationMs: receipt.durationMs,
    resources: { created: receipt.created.length, gone: receipt.gone.length },
    blockedBy: receipt.blockedBy.map(({ object, cause, message }) => `${object} (${cause}): ${message}`),
    ...(outliving.length > 0 ? { volumesLeft: outliving.map(({ name, note }) => `${name} (${note})`) } : {}),
    ...(receipt.stripped.length > 0 ? { strippedFinalizers: receipt.stripped.map(strippedWords) } : {}),
  };
}

export function storedReceipt(receipt: Receipt): TeardownReceipt {
  return { ...receipt, ...recordOfReceipt(receipt) };
}

export function strippedWords({ kind, namespace, name, finalizers }: Receipt['stripped'][number]): string {
  return `${kind} ${namespace}/${name} (${finalizers.join(', ')})`;
}

function teardownLine(progress: TeardownProgress): string {
  switch (progress.kind) {
    case 'found':
      return `${progress.objects} objects in ${progress.namespaces} namespaces must go`;
    case 'namespace-gone':
      return `namespace ${progress.namespace} is gone`;
    case 'stripped':
      return `stripped, as an operator asked: ${strippedWords(progress.object)}`;
    case 'pulumi':
      return progress.ok ? 'the stack is cleared' : `Pulumi could not clear the stack: ${progress.detail}`;
    default:
      return progress satisfies never;
  }
}
