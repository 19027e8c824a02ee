import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pulumiRoot } from '../../src/toolchain/pulumi-root.ts';

test('the Pulumi folder holds the command line and its provider side by side, also after a second call', async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'greenroom-pulumi-root-'));
  const found = { pulumi: '/opt/a/pulumi', 'pulumi-resource-kubernetes': '/opt/b/pulumi-resource-kubernetes' };
  try {
    const first = await pulumiRoot(found, cacheDir);
    const second = await pulumiRoot(found, cacheDir);
    const other = await pulumiRoot({ ...found, pulumi: '/opt/c/pulumi' }, cacheDir);

    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect((await readdir(join(first, 'bin'))).sort()).toEqual(['pulumi', 'pulumi-resource-kubernetes']);
    expect(await readlink(join(first, 'bin/pulumi'))).toBe('/opt/a/pulumi');
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
});
