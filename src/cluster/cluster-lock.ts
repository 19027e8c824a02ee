import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { RunError } from '../errors.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { programFolders } from './run-command.ts';

/**
 * One `up` or `down` of a cluster at a time. The lock is the kernel's, held by a child that ends with this process, so a crash
 * leaves none behind.
 */
export async function withClusterLock<T>(
  folder: ClusterFolder,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const args = ['--exclusive', join(folder.path, 'lock'), 'sh', '-c', 'echo locked; exec cat'];
  const child = spawn('flock', args, { stdio: ['pipe', 'pipe', 'ignore'], env: { PATH: programFolders.join(':') } });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const abandon = () => child.kill('SIGKILL');
  signal.addEventListener('abort', abandon, { once: true });
  try {
    const isLocked = await Promise.race([
      new Promise<boolean>((resolve) => child.stdout.once('data', () => resolve(true))),
      ended.then(() => false),
    ]);
    signal.throwIfAborted();
    if (!isLocked) {
      const hint = 'Check that the folder can be written to and that "flock" (util-linux) is installed.';
      throw new RunError(`locking the cluster in "${folder.path}"`, {
        code: 'CLUSTER_LOCK',
        remedy: 'fix-input',
        hint,
      });
    }
    signal.removeEventListener('abort', abandon);
    return await work();
  } finally {
    signal.removeEventListener('abort', abandon);
    child.stdin.end();
    await ended;
  }
}
