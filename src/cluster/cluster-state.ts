import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { partNames } from './embedded-cluster.ts';
import { writeFileAtomically } from './write-file.ts';

const PartState = z.object({
  name: z.enum(partNames),
  condition: z.enum(['waiting', 'starting', 'running', 'unhealthy', 'restarting']),
  /** As the node sees it: its PID namespace numbers anew. */
  innerPid: z.number().nullable(),
  restarts: z.number(),
  lastError: z.string().nullable(),
  /** From the supervisor's start to the first good answer. */
  readyAfterMs: z.number().nullable(),
});
export type PartState = z.infer<typeof PartState>;

/** What the supervisor knows, written by it alone, in `state.json` of the cluster's folder. */
export const NodeState = z.object({
  startedAt: z.string(),
  /** The supervisor's own, as the node sees it. */
  innerPid: z.number(),
  nodeReady: z.boolean(),
  readyAfterMs: z.number().nullable(),
  parts: z.array(PartState),
  notes: z.array(z.string()),
});
export type NodeState = z.infer<typeof NodeState>;

/** Null when there is none, or none that can be read: who asks goes by the processes then. */
export async function readNodeState(folder: string): Promise<NodeState | null> {
  try {
    return NodeState.parse(JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')));
  } catch {
    return null;
  }
}

export async function writeNodeState(folder: string, state: NodeState): Promise<void> {
  await writeFileAtomically(join(folder, 'state.json'), `${JSON.stringify(state, null, 1)}\n`, 0o644);
}
