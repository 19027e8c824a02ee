import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NodePlan } from './node-plan.ts';
import { writeFileAtomically } from './write-file.ts';

/** Null when the cluster was never up, or its plan cannot be read: it starts afresh then. */
export async function readNodePlan(folder: string): Promise<NodePlan | null> {
  try {
    return NodePlan.parse(JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')));
  } catch {
    return null;
  }
}

export async function writeNodePlan(folder: string, plan: NodePlan): Promise<void> {
  await writeFileAtomically(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 1)}\n`);
}
