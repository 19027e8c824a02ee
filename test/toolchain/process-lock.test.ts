import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withProcessLock } from '../../src/toolchain/process-lock.ts';

let folder: string;
let path: string;
const forever = new AbortController().signal;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('work under one lock never overlaps', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside -= 1;
  };

  await Promise.all([1, 2, 3].map(() => withProcessLock(path, forever, () => undefined, work)));

  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('the lock is gone when the work throws', async () => {
  const work = () => Promise.reject(new Error('no'));

  await expect(withProcessLock(path, forever, () => undefined, work)).rejects.toThrow('no');
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ['whose owner is dead', async () => JSON.stringify({ pid: await deadProcess(), started: null })],
  ['whose number another process has now', async () => JSON.stringify({ pid: process.pid, started: '1' })],
  ['that is not readable', async () => 'garbage'],
])('a lock %s is swept', async (_, content) => {
  await writeFile(path, await content());

  const done = await withProcessLock(
    path,
    forever,
    () => undefined,
    async () => 'done',
  );

  expect(done).toBe('done');
});

test('a lock of a living process is waited for, by name, until the signal says otherwise', async () => {
  const controller = new AbortController();
  const owners: number[] = [];
  await withProcessLock(
    path,
    forever,
    () => undefined,
    async () => {
      const waiting = withProcessLock(
        path,
        controller.signal,
        (owner) => {
          owners.push(owner);
          controller.abort(new Error('enough'));
        },
        async () => 'never',
      );

      await expect(waiting).rejects.toThrow();
    },
  );

  expect(owners).toEqual([process.pid]);
});

async function deadProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}
