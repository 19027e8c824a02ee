import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Machine } from '../../src/cli/open-machine.ts';
import { execInPod } from '../../src/kubernetes/exec.ts';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { eventually } from '../cluster/a-cluster.ts';

const port = 8080;
const listen = `require('node:net').createServer((socket) => socket.end()).listen(${port});`;
const resolveInPod = `
for (const name of process.argv.slice(1)) require('node:dns').lookup(name, (error) => console.log(name, error ? error.code : 'found'));`;
const dialInPod = `
const [host, port] = process.argv.at(-1).split(':');
const socket = require('node:net').connect({ host, port, timeout: 4000 });
socket.once('connect', () => { console.log('open'); socket.destroy(); });
socket.once('timeout', () => { console.log('silent'); socket.destroy(); });
socket.once('error', (error) => console.log(error.code));`;

/** Somebody else's namespace, open to all: only the other side's own fence keeps a change from it. */
export class Neighbour {
  readonly address: string;
  readonly service: string;
  readonly namespace: string;
  readonly #kubernetes: Kubernetes;

  private constructor(kubernetes: Kubernetes, namespace: string, address: string) {
    this.#kubernetes = kubernetes;
    this.namespace = namespace;
    this.address = `${address}:${port}`;
    this.service = `neighbour.${namespace}.svc.cluster.local:${port}`;
  }

  static async open({ kubernetes, registry }: Machine): Promise<Neighbour> {
    const { core } = kubernetes;
    const namespace = `attacks-neighbour-${randomBytes(4).toString('hex')}`;
    const name = 'neighbour';
    const labels = { app: name };
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await eventually('the service account is there', async () => {
      await core.readNamespacedServiceAccount({ namespace, name: 'default' });
      return true;
    });
    const container = { name, image: `${registry.address}/base/node:24`, command: ['/usr/bin/node', '-e', listen] };
    const spec = { containers: [container], terminationGracePeriodSeconds: 0 };
    await core.createNamespacedPod({ namespace, body: { metadata: { name, labels }, spec } });
    await core.createNamespacedService({
      namespace,
      body: { metadata: { name }, spec: { selector: labels, ports: [{ port }] } },
    });
    let address = '';
    await eventually('the neighbour listens', async () => {
      address = (await core.readNamespacedPod({ namespace, name })).status?.podIP ?? '';
      return address !== '' && (await dial(`${address}:${port}`)) === 'open';
    });
    return new Neighbour(kubernetes, namespace, address);
  }

  dial(target: string): Promise<string> {
    return this.#say(dialInPod, target);
  }

  /** `name found`, or the error, a line each. */
  async resolve(names: readonly string[]): Promise<string[]> {
    return (await this.#say(resolveInPod, ...names)).split('\n').toSorted();
  }

  async #say(program: string, ...told: string[]): Promise<string> {
    const place = { namespace: this.namespace, pod: 'neighbour', container: 'neighbour' };
    const command = ['/usr/bin/node', '-e', program, ...told];
    const { stdout } = await execInPod(this.#kubernetes, { ...place, command, signal: AbortSignal.timeout(30_000) });
    return stdout.trim();
  }

  async close(): Promise<void> {
    await this.#kubernetes.core.deleteNamespace({ name: this.namespace });
  }
}

/** From the host. `open`, `silent`, or the error that came at once. */
export function dial(target: string): Promise<string> {
  const [host, to] = target.split(':');
  const socket = connect({ host: host ?? '', port: Number(to), timeout: 4000 });
  return new Promise((resolve) => {
    const end = (word: string) => {
      resolve(word);
      socket.destroy();
    };
    socket.once('connect', () => end('open'));
    socket.once('timeout', () => end('silent'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
