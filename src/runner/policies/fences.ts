import { RunError } from '../../errors.ts';
import type { NetworkPolicies } from '../../verdict/verdict-document.ts';
import type { Performance } from '../performance.ts';
import type { PolicyKnowledge } from './policy-knowledge.ts';

/** Of a cluster that is not ours: who says whether its NetworkPolicies hold, and what follows for changes from forks where they do not. */
export interface Fences {
  knowledge: PolicyKnowledge;
  unfencedForks: 'refuse' | 'allow';
}

/** PURE. Why a change from a fork is not run on this cluster; null: it is. */
export function refusalOfFork(
  { enforced, detail }: NetworkPolicies,
  unfencedForks: Fences['unfencedForks'],
): RunError | null {
  if (enforced === 'yes' || unfencedForks === 'allow') return null;
  const allow = 'GREENROOM_UNFENCED_FORKS=allow runs changes from forks all the same';
  if (enforced === 'no') {
    return new RunError(`letting a change from a fork run on a cluster whose NetworkPolicies do not hold: ${detail}`, {
      code: 'POLICIES_NOT_ENFORCED',
      remedy: 'fix-input',
      hint: `Whoever runs the cluster installs a network plugin that enforces NetworkPolicies, such as Calico or Cilium ("greenroom doctor" asks again), or takes the risk: ${allow}.`,
    });
  }
  return new RunError(
    `letting a change from a fork run on a cluster of which nobody knows whether NetworkPolicies hold: ${detail}`,
    {
      code: 'POLICIES_UNKNOWN',
      remedy: 'retry',
      hint: `"greenroom doctor" says what kept it from being found out; after ten minutes a new run asks again. ${allow}.`,
    },
  );
}

/**
 * A change from a fork waits until it is known whether the fences around it hold; nobody else waits for that.
 * @throws RunError POLICIES_NOT_ENFORCED (fix-input), POLICIES_UNKNOWN (retry); the signal's reason
 */
export async function requireFences({ stage, recorder, signal }: Performance): Promise<void> {
  const { fences } = stage;
  if (fences === null) return;
  if (recorder.run.trusted) return fences.knowledge.begin();
  const refusal = refusalOfFork(await fences.knowledge.settled(signal), fences.unfencedForks);
  if (refusal !== null) throw refusal;
}

/** What is known when an environment is about to be made goes into the run's document. */
export async function tellFences({ stage, recorder }: Performance): Promise<void> {
  if (stage.fences === null) return;
  const networkPolicies = stage.fences.knowledge.latest;
  await recorder.tell({ kind: 'policies-asked', networkPolicies });
}

/** What was not known then may be known by the end. Whoever took the run over keeps the word of whoever knew more. */
export async function tellFencesAtLast(performance: Performance): Promise<void> {
  const { stage, recorder } = performance;
  const told = recorder.run.document.networkPolicies;
  const now = stage.fences?.knowledge.latest;
  if (told?.enforced === 'unknown' && now !== undefined && now.enforced !== 'unknown') await tellFences(performance);
}
