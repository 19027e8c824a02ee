import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ClusterFolder, clusterFolder } from '../../src/cluster/cluster-folder.ts';
import { withClusterLock } from '../../src/cluster/cluster-lock.ts';

const never = new AbortController().signal;
let path: string;
let folder: ClusterFolder;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'greenroom-lock-'));
  folder = { ...clusterFolder(path), path };
});

afterEach(() => {
  rmSync(path, { recursive: true });
});

test('work under the lock of one cluster never overlaps', async () => {
  let [inside, most] = [0, 0];
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };

  await Promise.all(Array.from({ length: 5 }, () => withClusterLock(folder, never, work)));

  expect(most).toBe(1);
});

test('work that fails gives the lock back', async () => {
  const failed = withClusterLock(folder, never, () => Promise.reject(new Error('no')));
  await expect(failed).rejects.toThrow('no');

  await expect(withClusterLock(folder, never, async () => 'mine')).resolves.toBe('mine');
});

test('the lock of a process that was killed is free', async () => {
  const holder = spawn('flock', [join(path, 'lock'), 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(holder.stdout, 'data');
  // As when the owner dies: the pipe that it held is closed.
  holder.stdin.destroy();

  await expect(withClusterLock(folder, never, async () => 'mine')).resolves.toBe('mine');
});

test('waiting for a lock ends with the signal', async () => {
  const controller = new AbortController();

  const waiting = withClusterLock(folder, never, async () => {
    const second = withClusterLock(folder, controller.signal, async () => 'mine');
    controller.abort(new Error('enough'));
    return second;
  });

  await expect(waiting).rejects.toThrow('enough');
});
