import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterAccess } from '../../infra/environment-program.ts';
import { RunError } from '../errors.ts';
import { type PulumiAccess, pulumiDestroy } from './pulumi-operations.ts';

/** What Pulumi remembers of environments. The cluster decides what stands; this only has to be empty in the end (PORT). */
export interface Stacks {
  /** Destroys what the stack knows, and the stack. Never rejects: `detail` says what went wrong. */
  clear(name: string, signal: AbortSignal): Promise<{ ok: boolean; detail: string }>;
  /** All that are remembered, ours or not. */
  names(signal: AbortSignal): Promise<string[]>;
}

export interface StacksOptions {
  pulumi: PulumiAccess;
  cluster: ClusterAccess;
  /** Keys of the state where it stands in a database: of what begins with this. Without it they are files. */
  keys?: (prefix: string) => Promise<string[]>;
}

/** Where the CLI keeps the stacks of our one project. */
const stacksOfProject = '.pulumi/stacks/greenroom/';
const suffix = '.json';

export function pulumiStacks({ pulumi, cluster: { kubeconfigPath, context }, keys }: StacksOptions): Stacks {
  return {
    async clear(name, signal) {
      try {
        const outcome = await pulumiDestroy(pulumi, { kubeconfigPath, context }, name, { signal });
        return { ok: outcome.ok, detail: outcome.ok ? '' : outcome.output.slice(-500) };
      } catch (error) {
        return { ok: false, detail: error instanceof RunError ? error.message : String(error) };
      }
    },
    async names(signal) {
      signal.throwIfAborted();
      const found = await (keys === undefined ? stackFiles(pulumi) : keys(stacksOfProject));
      return found
        .filter((key) => key.endsWith(suffix))
        .map((key) => key.slice(key.lastIndexOf('/') + 1, key.length - suffix.length))
        .sort();
    },
  };
}

async function stackFiles({ backend }: PulumiAccess): Promise<string[]> {
  return await readdir(join(fileURLToPath(backend.url), stacksOfProject)).catch((error: NodeJS.ErrnoException) => {
    // Nothing has been brought up from this folder yet.
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
