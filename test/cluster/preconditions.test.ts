import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterFolder } from '../../src/cluster/cluster-folder.ts';
import type { ClusterTool } from '../../src/cluster/embedded-cluster.ts';
import { checkPreconditions } from '../../src/cluster/preconditions.ts';
import { clusterTools } from '../../src/toolchain/tools.ts';

const tools = Object.fromEntries(clusterTools.map((name) => [name, execPath])) as Record<ClusterTool, string>;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'greenroom-preconditions-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.runIf(userInfo().uid === 0)('as root', () => {
  test('all tools that are missing are named at once', async () => {
    const broken = { ...tools, kubelet: '/nowhere/kubelet', coredns: '/nowhere/coredns' };

    const check = checkPreconditions(clusterFolder(folder), broken);

    await expect(check).rejects.toMatchObject({
      code: 'CLUSTER_PROGRAM_MISSING',
      message: expect.stringMatching(/"\/nowhere\/kubelet", "\/nowhere\/coredns"/),
    });
  });

  test('a data folder that cannot be made is named', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');

    const check = checkPreconditions(clusterFolder(file), tools);

    await expect(check).rejects.toMatchObject({ code: 'DATA_FOLDER', message: expect.stringContaining(file) });
  });
});

test.runIf(userInfo().uid !== 0)('without root nothing starts', async () => {
  const check = checkPreconditions(clusterFolder(folder), tools);

  await expect(check).rejects.toMatchObject({ code: 'CLUSTER_NEEDS_ROOT' });
});
