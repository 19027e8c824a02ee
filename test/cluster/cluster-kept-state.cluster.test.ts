import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterFolder } from '../../src/cluster/cluster-folder.ts';
import type { EmbeddedCluster } from '../../src/cluster/embedded-cluster.ts';
import { findNode } from '../../src/cluster/node-processes.ts';
import { RegistryClient } from '../../src/image/registry-client.ts';
import { ACluster, eventually, pushShellImage, runPod } from './a-cluster.ts';

const name = 'second';
/** Longer than a socket's path may be, and with characters that a careless config would stumble over. */
const awkward = join(`a "long" näme with $paces`, 'x'.repeat(100));
const registryAuth = { username: 'greenroom', password: 'pä"ss w:ord\\' };
let own: ACluster;
let cluster: EmbeddedCluster;

beforeAll(async () => {
  own = new ACluster(name, awkward, { registryTls: true, registryAuth });
  cluster = await own.up();
});

afterAll(async () => {
  await own.remove();
});

test('a registry with TLS and a password gives nothing to strangers, and its images run', async () => {
  const stranger = new RegistryClient({ ...cluster.registry, dockerConfigPath: null });
  const signal = AbortSignal.timeout(30_000);
  const ask = stranger.request({
    method: 'GET',
    target: '/v2/test/shell/tags/list',
    repository: 'test/shell',
    access: 'pull',
    signal,
  });
  await expect(ask).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });

  const image = await pushShellImage(cluster, own.dataDir);

  const kubernetes = await runPod(cluster, 'shell', image);
  const pod = await kubernetes.core.readNamespacedPod({ namespace: 'default', name: 'shell' });
  expect(cluster.registry).toMatchObject({ scheme: 'https', ca: expect.stringContaining('BEGIN CERTIFICATE') });
  expect(pod.status?.containerStatuses?.[0]?.image).toBe(image);
});

test('a cluster keeps its addresses over down and up', async () => {
  await own.down();

  const again = await own.up();

  expect(again).toEqual(cluster);
});

test('a database that a power cut damaged is emptied, and that is told', async () => {
  await own.down();
  const log = join(clusterFolder(own.dataDir, name).path, 'etcd', 'member', 'wal');
  for (const file of readdirSync(log)) writeFileSync(join(log, file), 'no log any more');

  await own.up();

  expect(own.lines).toContainEqual(expect.stringContaining('begins empty'));
  expect(await own.status()).toMatchObject({ nodeReady: true });
});

test('down finds a node whose data folder was moved from under it', async () => {
  const { id, path } = clusterFolder(own.dataDir, name);
  renameSync(path, `${path}-elsewhere`);

  await own.down();

  await eventually('its processes are gone', async () => (await findNode(id)) === null);
});
