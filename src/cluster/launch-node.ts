import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readlink, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RunError } from '../errors.ts';
import { type ClusterFolder, processMark } from './cluster-folder.ts';
import { connectHost } from './host-network.ts';
import type { NodePlan } from './node-plan.ts';
import { programFolders } from './run-command.ts';

const supervisor = fileURLToPath(new URL('./supervisor.ts', import.meta.url));

/**
 * PID 1 is a shell, because somebody has to reap the orphans (containerd's shims) and Node waits for its own children only. It ends
 * with the supervisor, and everything in the node with it. Containers inherit the limit of open files from here.
 */
const init = 'ulimit -Sn "$(ulimit -Hn)" || true; "$@" & wait $!';

export const supervisorLog = (folder: ClusterFolder): string => join(folder.logs, 'supervisor.log');

/** Starts the supervisor in namespaces of its own and plugs in the host's cable. It goes on when this process ends. */
export async function launchNode(folder: ClusterFolder, plan: NodePlan): Promise<void> {
  await mkdir(folder.logs, { recursive: true, mode: 0o755 });
  await rm(join(folder.path, 'state.json'), { force: true });
  await rename(supervisorLog(folder), `${supervisorLog(folder)}.previous`).catch(ignoreAbsence);
  const log = openSync(supervisorLog(folder), 'a', 0o644);
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...namespaces, 'sh', '-c', init, processMark(folder.id), execPath, supervisor], {
    cwd: folder.path,
    detached: true,
    env: { PATH: programFolders.join(':'), LANG: 'C.UTF-8' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  const spawned = await new Promise<Error | null>((resolve) => {
    child.once('spawn', () => resolve(null));
    child.once('error', resolve);
  });
  if (spawned !== null || child.pid === undefined) throw notLaunched(folder, spawned);
  await untilUnshared(folder, child.pid);
  await connectHost(plan.id, child.pid, plan.addresses);
}

async function untilUnshared(folder: ClusterFolder, pid: number): Promise<void> {
  const own = await readlink('/proc/self/ns/net');
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const theirs = await readlink(`/proc/${pid}/ns/net`).catch(() => null);
    if (theirs !== null && theirs !== own) return;
    await sleep(10);
  }
  throw notLaunched(folder, null);
}

function notLaunched(folder: ClusterFolder, cause: unknown): RunError {
  const hint = `See "${supervisorLog(folder)}". Containers often forbid namespaces: use a machine or a VM, or name another cluster with --context.`;
  return new RunError('starting the node in namespaces of its own', {
    code: 'CLUSTER_NAMESPACES',
    remedy: 'fix-input',
    hint,
    cause,
  });
}

function ignoreAbsence(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
