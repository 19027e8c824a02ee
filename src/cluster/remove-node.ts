import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../errors.ts';
import { removeCgroup } from './cgroups.ts';
import { cgroupName } from './cluster-folder.ts';
import { disconnectHost, hasLink } from './host-network.ts';
import { findNode } from './node-processes.ts';

/**
 * Ends a node at once and takes away what the host has of it. With PID 1 the kernel ends every process in the node and drops its
 * mounts, network, rules, and the host's link with its routes; only empty cgroups are left to remove.
 * @returns whether a node was running
 * @throws RunError CLUSTER_NOT_GONE (retry), naming what is left
 */
export async function removeNode(id: string): Promise<boolean> {
  const node = await findNode(id);
  for (const pid of [node?.initPid, node?.launcherPid]) if (pid) endProcess(pid);
  if (!(await isTrueWithin(30_000, async () => (await findNode(id)) === null)))
    throw notGone(id, 'its processes do not end');
  // The kernel takes networks apart a little later than processes.
  if (!(await isTrueWithin(5000, async () => !(await hasLink(id))))) await disconnectHost(id);
  await removeCgroup(cgroupName(id)).catch((cause: unknown) => {
    throw notGone(id, 'its cgroups are still in use', cause);
  });
  return node !== null;
}

function endProcess(pid: number): void {
  try {
    kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isTrueWithin(timeoutMs: number, condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

function notGone(id: string, what: string, cause?: unknown): RunError {
  const hint = 'Run "greenroom cluster down" again.';
  return new RunError(`removing the node "${id}": ${what}`, { code: 'CLUSTER_NOT_GONE', remedy: 'retry', hint, cause });
}
