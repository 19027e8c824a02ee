import type { ClusterAccess } from '../../infra/environment-program.ts';
import { RunError } from '../errors.ts';
import { type PulumiAccess, pulumiDestroy } from './pulumi-operations.ts';

/** What Pulumi remembers of environments. The cluster decides what stands; this only has to be empty in the end (PORT). */
export interface Stacks {
  /** Destroys what the stack knows, and the stack. Never rejects: `detail` says what went wrong. */
  clear(name: string, signal: AbortSignal): Promise<{ ok: boolean; detail: string }>;
}

export function pulumiStacks(pulumi: PulumiAccess, { kubeconfigPath, context }: ClusterAccess): Stacks {
  return {
    async clear(name, signal) {
      try {
        const outcome = await pulumiDestroy(pulumi, { kubeconfigPath, context }, name, { signal });
        return { ok: outcome.ok, detail: outcome.ok ? '' : outcome.output.slice(-500) };
      } catch (error) {
        return { ok: false, detail: error instanceof RunError ? error.message : String(error) };
      }
    },
  };
}
