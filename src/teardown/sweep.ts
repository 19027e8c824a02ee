import type { Stacks } from '../environment/stacks.ts';
import type { ClusterApi } from '../kubernetes/api-request.ts';
import { type Candidate, expired, type OpenChanges } from './expired.ts';
import { environmentsOf, listOwnedNamespaces, type OwnedEnvironment } from './owned-namespaces.ts';
import type { Receipt } from './receipt.ts';
import { tearDown } from './tear-down.ts';

export interface SweepRequest {
  kubernetes: ClusterApi;
  stacks: Stacks | null;
  instance: string;
  /** Asked anew before every teardown: a change may have been reopened meanwhile. */
  openChanges: (repositories: string[]) => Promise<OpenChanges>;
  liveRuns: () => Promise<ReadonlySet<string>>;
  now: () => Date;
  /** Those of these runs whose environments are left alone, whatever their labels say; asked anew before every teardown. */
  leave?: (runIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Only says what would go. */
  dryRun: boolean;
  /** An operator's explicit wish. */
  stripFinalizers?: boolean;
  /** For each teardown. */
  deadlineMs: number;
  signal: AbortSignal;
  onCandidate?: (candidate: Candidate) => void;
  onReceipt?: (receipt: Receipt) => void;
  /** A teardown that could not be done at all; the sweep goes on. */
  onFailure?: (candidate: Candidate, error: unknown) => void;
}

export interface SweepResult {
  /** Environments of our instance, all of them. */
  found: number;
  candidates: Candidate[];
  destroyed: number;
  failed: number;
  receipts: Receipt[];
}

/**
 * Tears down what has expired or belongs to no open change, one after the other. It starts from the cluster's labels: a lost
 * Pulumi state or table is no obstacle. One that fails does not keep the next from its turn.
 * @throws RunError when the cluster cannot be listed; the signal's reason between two teardowns
 */
export async function sweep(request: SweepRequest): Promise<SweepResult> {
  const environments = await ownedEnvironments(request, null);
  const candidates = await candidatesAmong(request, environments);
  for (const candidate of candidates) request.onCandidate?.(candidate);
  const result: SweepResult = { found: environments.length, candidates, destroyed: 0, failed: 0, receipts: [] };
  if (request.dryRun) return result;
  for (const candidate of candidates) {
    request.signal.throwIfAborted();
    const receipt = await destroyIfStillDue(request, candidate).catch((error: unknown) => {
      request.onFailure?.(candidate, error);
      return 'failed' as const;
    });
    if (receipt === null) continue;
    if (receipt === 'failed') {
      result.failed += 1;
      continue;
    }
    result.receipts.push(receipt);
    request.onReceipt?.(receipt);
    if (receipt.status === 'gone') result.destroyed += 1;
    else result.failed += 1;
  }
  return result;
}

/** Looks again right before: the run may have taken it up, the change may be open again. */
async function destroyIfStillDue(request: SweepRequest, candidate: Candidate): Promise<Receipt | null> {
  const { kubernetes, stacks, instance, deadlineMs, stripFinalizers = false } = request;
  const { name, runId } = candidate.environment;
  const again = await candidatesAmong(request, await ownedEnvironments(request, runId));
  if (again.length === 0) return null;
  return await tearDown({ kubernetes, stacks, target: { name, runId, instance }, deadlineMs, stripFinalizers });
}

async function ownedEnvironments(
  { kubernetes, instance, leave, signal }: SweepRequest,
  runId: string | null,
): Promise<OwnedEnvironment[]> {
  const environments = environmentsOf(await listOwnedNamespaces(kubernetes, instance, runId, signal));
  const left = await leave?.(environments.map((environment) => environment.runId));
  return environments.filter((environment) => !left?.has(environment.runId));
}

async function candidatesAmong(request: SweepRequest, environments: OwnedEnvironment[]): Promise<Candidate[]> {
  const repositories = [...new Set(environments.map((environment) => environment.repository).filter(Boolean))];
  const [openChanges, liveRuns] = await Promise.all([request.openChanges(repositories), request.liveRuns()]);
  const now = Math.floor(request.now().getTime() / 1000);
  return expired(environments, { instance: request.instance, openChanges, liveRuns, now });
}
