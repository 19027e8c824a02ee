import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid, ppid } from 'node:process';
import { expect, test } from 'vitest';
import { clearDeadOperations } from '../../src/environment/pulumi-operations.ts';

test('folders of operations whose process is gone go; those of a living one, and what operations share, stay', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-operations-'));
  const dead = spawnSync('true').pid;
  const names = [`gr-a.up.${dead}.x1`, `gr-a.destroy.${pid}.x2`, `gr-b.up.${ppid}.x3`, 'compile-cache'];
  for (const name of names) await mkdir(join(folder, name));

  await clearDeadOperations(folder);
  const left = await readdir(folder);
  await rm(folder, { recursive: true });

  expect(left.sort()).toEqual(['compile-cache', `gr-b.up.${ppid}.x3`]);
});
