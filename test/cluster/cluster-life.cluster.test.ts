import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cgroupName, clusterFolder } from '../../src/cluster/cluster-folder.ts';
import { type EmbeddedCluster, partNames } from '../../src/cluster/embedded-cluster.ts';
import { findNode, nodeProcesses } from '../../src/cluster/node-processes.ts';
import { execInPod } from '../../src/kubernetes/exec.ts';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { ACluster, eventually, pushShellImage, runPod } from './a-cluster.ts';
import { differences, type HostTraces, hostTraces, namespacesOf, processesOf } from './host-traces.ts';

const name = 'life';
let own: ACluster;
let cluster: EmbeddedCluster;
let kubernetes: Kubernetes;
let id: string;
let before: HostTraces;

beforeAll(async () => {
  own = new ACluster(name);
  id = clusterFolder(own.dataDir, name).id;
  before = hostTraces();
  cluster = await own.up();
  kubernetes = await runPod(cluster, 'shell', await pushShellImage(cluster, own.dataDir));
});

afterAll(async () => {
  await own.remove();
});

describe('a cluster that is up', () => {
  test('has told when each part answered', () => {
    const told = partNames.filter((part) =>
      own.lines.some((line) => new RegExp(`^${part} ready \\(\\d+\\.\\d s\\)$`).test(line)),
    );

    expect(told).toEqual([...partNames]);
    expect(own.lines).toContainEqual(expect.stringMatching(/^node ready/));
  });

  test('shows every part with its process and memory', async () => {
    const status = await own.status();

    expect(status).toMatchObject({ running: true, nodeReady: true, supervisorPid: expect.any(Number) });
    for (const part of status.parts) {
      expect(part).toMatchObject({ condition: 'running', pid: expect.any(Number), lastError: null, restarts: 0 });
      expect(part.memoryBytes).toBeGreaterThan(1024 ** 2);
    }
  });

  test('stays as it is when it is started a second time', async () => {
    const { supervisorPid } = await own.status();

    const again = await own.up();

    expect(again).toEqual(cluster);
    expect(own.lines).toEqual([`cluster "${name}" is running`]);
    expect((await own.status()).supervisorPid).toBe(supervisorPid);
  });

  test('leaves kernel settings, mounts, rules and files of the host alone', () => {
    const came = differences(before, hostTraces(), id);

    // The host's end of one cable, its routes, and the cluster's cgroup; nothing else.
    expect(came.filter((line) => !/^(links|routes|cgroups): \+/.test(line))).toEqual([]);
    expect(came.filter((line) => line.startsWith('links'))).toHaveLength(1);
  });

  test('reaps what containers leave behind', async () => {
    await kubernetes.core.createNamespacedPod({
      namespace: 'default',
      body: {
        metadata: { name: 'short' },
        spec: {
          restartPolicy: 'Never',
          containers: [
            { name: 'shell', image: `${cluster.registry.address}/test/shell:1`, command: ['/usr/bin/sleep', '0'] },
          ],
        },
      },
    });
    await eventually('the pod is done', async () => {
      const pod = await kubernetes.core.readNamespacedPod({ namespace: 'default', name: 'short' });
      return pod.status?.phase === 'Succeeded';
    });

    await kubernetes.core.deleteNamespacedPod({ namespace: 'default', name: 'short' });

    await eventually('no process waits to be reaped', async () => {
      const processes = await nodeProcesses(await findNode(id));
      const states = processes.map(({ pid }) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0]);
      return !states.includes('Z') && processes.length > partNames.length;
    });
  });
});

describe('a pod', () => {
  let listener: Server;
  let port: number;

  beforeAll(async () => {
    listener = createServer((socket) => socket.end());
    listener.listen(0, '0.0.0.0');
    await once(listener, 'listening');
    const address = listener.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });

  afterAll(() => {
    listener.close();
  });

  async function connects(host: string, to: number): Promise<boolean> {
    const script = `exec 3<>/dev/tcp/${host}/${to} && echo open`;
    const command = ['/usr/bin/bash', '-c', script];
    const result = await execInPod(kubernetes, {
      namespace: 'default',
      pod: 'shell',
      container: 'shell',
      command,
      signal: AbortSignal.timeout(30_000),
    });
    return result.stdout.toString().includes('open');
  }

  test('reaches the registry and the names of the cluster', async () => {
    expect(await connects(cluster.nodeAddress, 5000)).toBe(true);
    expect(await connects(cluster.nodeAddress, 1053)).toBe(true);
  });

  test('that is not root keeps files in a volume that it claims', async () => {
    const metadata = { name: 'claim' };
    await kubernetes.core.createNamespacedPersistentVolumeClaim({
      namespace: 'default',
      body: { metadata, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    });
    const image = `${cluster.registry.address}/test/shell:1`;
    const command = ['/usr/bin/bash', '-c', 'echo kept > /volume/file && [[ $(</volume/file) = kept ]]'];
    const volumeMounts = [{ name: 'volume', mountPath: '/volume' }];
    await kubernetes.core.createNamespacedPod({
      namespace: 'default',
      body: {
        metadata,
        spec: {
          restartPolicy: 'Never',
          securityContext: { runAsUser: 12345 },
          containers: [{ name: 'shell', image, command, volumeMounts }],
          volumes: [{ name: 'volume', persistentVolumeClaim: { claimName: 'claim' } }],
        },
      },
    });

    await eventually('the pod has written', async () => {
      const pod = await kubernetes.core.readNamespacedPod({ namespace: 'default', name: 'claim' });
      expect(pod.status?.phase).not.toBe('Failed');
      return pod.status?.phase === 'Succeeded';
    });

    await kubernetes.core.deleteNamespacedPod({ namespace: 'default', name: 'claim' });
    await kubernetes.core.deleteNamespacedPersistentVolumeClaim({ namespace: 'default', name: 'claim' });
    const volumes = join(clusterFolder(own.dataDir, name).path, 'volumes');
    await eventually('the volume is deleted', async () => readdirSync(volumes).length === 0);
  });

  test('reaches nothing else on the node, and nothing on the host', async () => {
    const { addresses } = await own.status();
    const host = addresses?.host ?? '';
    const service = await kubernetes.core.readNamespacedService({ namespace: 'default', name: 'kubernetes' });

    expect(await connects(cluster.nodeAddress, 6443)).toBe(false);
    expect(await connects(cluster.nodeAddress, 10250)).toBe(false);
    expect(await connects(service.spec?.clusterIP ?? '', 443)).toBe(false);
    expect(await connects(host, port)).toBe(false);
  });

  test('in the network of the node reaches nothing on the host either', async () => {
    const { addresses } = await own.status();
    const script = `(exec 3<>/dev/tcp/${addresses?.host}/${port}) && echo open; (exec 3<>/dev/tcp/${cluster.nodeAddress}/5000) && echo registry`;
    await kubernetes.core.createNamespacedPod({
      namespace: 'default',
      body: {
        metadata: { name: 'close' },
        spec: {
          hostNetwork: true,
          restartPolicy: 'Never',
          containers: [
            {
              name: 'shell',
              image: `${cluster.registry.address}/test/shell:1`,
              command: ['/usr/bin/bash', '-c', script],
            },
          ],
        },
      },
    });

    await eventually('the pod has tried', async () => {
      const pod = await kubernetes.core.readNamespacedPod({ namespace: 'default', name: 'close' });
      return pod.status?.phase === 'Succeeded';
    });

    const log = await kubernetes.core.readNamespacedPodLog({ namespace: 'default', name: 'close' });
    expect(log).toContain('registry');
    expect(log).not.toContain('open');
    await kubernetes.core.deleteNamespacedPod({ namespace: 'default', name: 'close', gracePeriodSeconds: 0 });
  });
});

describe('after kill -9', () => {
  test.each(partNames)('of %s the supervisor starts it again, and nothing is lost', async (part) => {
    const { pid, restarts } = await own.running(part);

    process.kill(pid, 'SIGKILL');
    await eventually(`${part} died and runs again`, async () => {
      const now = await own.part(part);
      return now.condition === 'running' && now.pid !== pid && now.restarts === restarts + 1;
    });
    await own.up();

    expect(await own.part(part)).toMatchObject({ lastError: 'killed by SIGKILL' });
    await eventually('the pod is still there and runs', async () => {
      const pod = await kubernetes.core.readNamespacedPod({ namespace: 'default', name: 'shell' });
      return pod.status?.phase === 'Running';
    });
  });

  test('of the supervisor nothing of the node lives on, and the next start has what was kept', async () => {
    const namespaces = await ownNamespaces();
    await own.killSupervisor();
    await nothingLeft(namespaces);

    await own.up();

    await eventually('the pod runs again', async () => {
      const pod = await kubernetes.core.readNamespacedPod({ namespace: 'default', name: 'shell' });
      return (
        pod.status?.containerStatuses?.[0]?.state?.running !== undefined &&
        pod.status.containerStatuses[0].restartCount > 0
      );
    });
  });
});

describe('down', () => {
  test('leaves nothing outside the data folder, and doing it twice is doing it once', async () => {
    const namespaces = await ownNamespaces();

    await own.down();
    await own.down();

    await nothingLeft(namespaces);
    expect(own.lines.at(-1)).toBe(`cluster "${name}" was not running`);
  });

  test('leaves nothing when the supervisor was killed before', async () => {
    await own.up();
    const namespaces = await ownNamespaces();
    await own.killSupervisor();

    await own.down();

    await nothingLeft(namespaces);
  });
});

async function ownNamespaces(): Promise<string[]> {
  const node = await findNode(id);
  const namespaces = namespacesOf(node?.initPid ?? 0);
  expect(namespaces).toHaveLength(3);
  expect(processesOf(namespaces, id).length).toBeGreaterThan(partNames.length);
  return namespaces;
}

/** After a kill the empty cgroup waits for the next `up` or `down`; everything else goes by itself. */
async function nothingLeft(namespaces: string[]): Promise<void> {
  const cgroup = cgroupName(id);
  const isDown = own.lines.some((line) => line.includes('not running') || line.includes('is down'));
  let left: string[] = [];
  await eventually('nothing is left', async () => {
    const traces = differences(before, hostTraces(), id);
    left = [...processesOf(namespaces, id), ...traces.filter((line) => isDown || !line.includes(cgroup))];
    return left.length === 0;
  }).catch((error: unknown) => {
    expect(left, String(error)).toEqual([]);
  });
}
