import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { V1Container, V1Volume } from '@kubernetes/client-node';
import type { Machine } from '../../src/cli/open-machine.ts';
import { execInPod } from '../../src/kubernetes/exec.ts';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { eventually } from '../cluster/a-cluster.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const name = 'lookout';
/** Of the metadata service and of the internet: here they are the node's own, so that somebody answers. */
const borrowed: [host: string, port: number][] = [
  ['169.254.169.254', 80],
  ['1.1.1.1', 443],
];
/** A node that opens no connection to the host has no way to a service either, before kube-proxy takes it for one. */
const borrow = (services: readonly string[]) => `borrow() {
  for one in ${borrowed.map(([host]) => host).join(' ')}; do /usr/bin/ip address $1 $one/32 dev lo; done
  for one in ${services.join(' ')}; do /usr/bin/ip route $1 $one/32 dev lo; done
}
trap 'borrow del; exit' TERM
borrow add
/usr/bin/sleep infinity & wait`;
const look = `import { commandLines, dialAll, loot, opened } from '/code/hostile.mjs';
const targets = JSON.parse(process.argv.at(-1));
process.stdout.write(JSON.stringify({ reached: await dialAll(targets), opened: opened(), commands: commandLines(), loot: loot() }));`;

/** What the same code finds on the node. */
export interface Sight {
  reached: Record<string, string>;
  opened: string[];
  commands: string[];
  loot: string;
}

/**
 * The control: a privileged pod in the node's own namespaces, with a token, with what is secret in its environment and files. What
 * a change tries is tried there as well, by the same code, and must come true.
 */
export class Lookout {
  readonly #kubernetes: Kubernetes;
  readonly #namespace: string;

  private constructor(kubernetes: Kubernetes, namespace: string) {
    this.#kubernetes = kubernetes;
    this.#namespace = namespace;
  }

  static async open(
    { kubernetes, registry }: Machine,
    namespace: string,
    { secrets, services, shellImage }: { secrets: readonly string[]; services: readonly string[]; shellImage: string },
  ): Promise<Lookout> {
    const { core } = kubernetes;
    const program = await readFile(join(fixtures, 'hostile.mjs'), 'utf8');
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: { 'hostile.mjs': program } } });
    await core.createNamespacedSecret({
      namespace,
      body: {
        metadata: { name },
        stringData: { secrets: secrets.join('\n'), 'config.json': '{"auths":{}}', kubeconfig: 'client-key-data: x' },
      },
    });
    const volumes = volumesOf();
    const securityContext = { privileged: true, runAsUser: 0 };
    const shared = { securityContext, volumeMounts: volumes.map((one) => mountOf(one)) };
    const containers: V1Container[] = [
      {
        ...{ ...shared, name, image: `${registry.address}/base/node:24` },
        command: ['/usr/bin/node', '--input-type=module', '-e', await readFile(join(fixtures, 'lookout.mjs'), 'utf8')],
        env: [
          { name: 'LISTEN', value: JSON.stringify(borrowed) },
          { name: 'CANARY', value: [...canaryInProc].reverse().join('') },
          { name: 'GREENROOM_GITHUB_APP_ID', value: '1' },
        ],
      },
      { name: 'addresses', image: shellImage, command: ['/usr/bin/bash', '-c', borrow(services)], securityContext },
    ];
    const node = { hostNetwork: true, hostPID: true };
    const spec = { ...node, containers, volumes, terminationGracePeriodSeconds: 5 };
    await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec } });
    await eventually('the lookout stands', async () => {
      const pod = await core.readNamespacedPod({ namespace, name });
      const statuses = pod.status?.containerStatuses ?? [];
      return statuses.length === 2 && statuses.every(({ state }) => state?.running !== undefined);
    });
    return new Lookout(kubernetes, namespace);
  }

  async look(targets: Record<string, string>): Promise<Sight> {
    const stdout = new PassThrough();
    const command = ['/usr/bin/node', '--input-type=module', '-e', look, JSON.stringify(targets)];
    const place = { namespace: this.#namespace, pod: name, container: name };
    const signal = AbortSignal.timeout(120_000);
    const seen = text(stdout);
    const { exitCode, stderr } = await execInPod(this.#kubernetes, { ...place, command, stdout, signal });
    stdout.end();
    if (exitCode !== 0) throw new Error(`the lookout sees nothing: ${stderr}`);
    return JSON.parse(await seen) as Sight;
  }

  /** Gives the addresses back, which outlive the pod if it is not asked. */
  async close(): Promise<void> {
    const { core } = this.#kubernetes;
    await core.deleteNamespacedPod({ namespace: this.#namespace, name });
    await eventually('the lookout is gone', async () => {
      const { items } = await core.listNamespacedPod({ namespace: this.#namespace });
      return items.every((pod) => pod.metadata?.name !== name);
    });
  }
}

/** In the environment of a process beside the one that looks, and nowhere else. */
export const canaryInProc = 'a-canary-in-proc';

function volumesOf(): V1Volume[] {
  const ofNode = [
    '/run/containerd/containerd.sock',
    '/run/greenroom/config',
    '/run/greenroom/pki',
    '/run/greenroom/pod-logs',
  ];
  return [
    { name: 'code', configMap: { name } },
    { name: 'secrets', secret: { secretName: name } },
    ...ofNode.map((path) => ({ name: path.slice(1).replaceAll(/[/.]/g, '-'), hostPath: { path } })),
  ];
}

function mountOf({ name: volume, hostPath }: V1Volume): { name: string; mountPath: string; readOnly: boolean } {
  const ours = volume === 'code' ? '/code' : '/etc/secrets';
  return { name: volume, mountPath: hostPath?.path ?? ours, readOnly: true };
}
