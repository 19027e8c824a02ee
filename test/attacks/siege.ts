import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import type { Run } from '../../src/run/run.ts';
import { teardownOf } from '../../src/store/teardowns.ts';
import { pushShellImage } from '../cluster/a-cluster.ts';
import { until } from '../faults/until.ts';
import { type JourneyStand, needed, openJourneyStand } from '../journey-stand.ts';
import type { Attempt, networkAttempts } from './attempts.ts';
import { hostileFiles, operatorSecret } from './hostile-change.ts';
import { Lookout, type Sight } from './lookout.ts';
import { nastyTexts } from './nasty-texts.ts';
import { dial, Neighbour } from './neighbour.ts';
import { lookFromOutside, type Seen } from './seen.ts';

type Target = typeof networkAttempts extends readonly Attempt<infer Id>[] ? Id : never;

/** Who brings the hostile change. */
export type Besieger = 'a colleague' | 'a stranger';

/** What one side has tried from inside of its pod. */
export interface Tried extends Sight {
  reached: Record<Target, string>;
  names: Record<string, string>;
  suite: string;
}

/** `attempts.json`, as the hostile suite has left it. */
interface Attempts {
  application: Tried & { secret: string };
  suite: Tried & { root: string; forged: string };
  eaten: string;
  filled: string;
  shouted: string;
  after: string;
}

/** The same, tried where it is allowed: from the host, from a pod without a fence, from the node itself. */
interface Controls {
  host: Record<string, string>;
  neighbour: Record<string, string>;
  names: string[];
  lookout: Sight;
}

export interface Ended {
  seen: Seen;
  controls: Controls;
  attempts: Attempts;
  run: Run;
}

/** A whole Greenroom with one hostile change, from its opening to its receipt. */
export class Siege {
  readonly stand: JourneyStand;
  readonly neighbour: Neighbour;
  /** None of these may ever be found in a pod. */
  readonly secrets: readonly string[];
  /** The one that the operator has put up for this repository. */
  readonly operatorSecret: string;
  readonly #who: Besieger;
  readonly #targets: Record<Target, string>;
  readonly #repository: StandInRepository;
  readonly #lookout: Lookout;
  readonly #listeners: Server[];
  #number = 0;

  private constructor(parts: Parts) {
    this.stand = parts.stand;
    this.neighbour = parts.neighbour;
    this.secrets = parts.secrets;
    this.operatorSecret = parts.operatorSecret;
    this.#who = parts.who;
    this.#targets = parts.targets;
    this.#repository = parts.repository;
    this.#lookout = parts.lookout;
    this.#listeners = parts.listeners;
  }

  static async open(who: Besieger): Promise<Siege> {
    const [canary = '', key = ''] = ['canary', 'sk_test'].map((word) => `${word}_${randomBytes(12).toString('hex')}`);
    process.env[canaryVariable] = canary;
    const vault = `attacks-vault-${randomBytes(4).toString('hex')}`;
    const stand = await openJourneyStand({
      AWS_SECRET_ACCESS_KEY: canary,
      GREENROOM_SECRETS_NAMESPACE: vault,
      GREENROOM_ALLOWED_REGISTRIES: needed('GREENROOM_TEST_REGISTRY'),
    });
    const { machine, github, service } = stand;
    const secrets = [canary, github.webhookSecret, ...keyLines(github.privateKey), ...clusterKeys()];
    const [neighbour, shellImage] = await Promise.all([
      Neighbour.open(machine),
      pushShellImage(machine, service.engine.stage.dataDir),
      putUp(machine.kubernetes, vault, key),
    ]);
    const services = [await apiServiceOf(machine.kubernetes)];
    const lookout = await Lookout.open(machine, neighbour.namespace, { secrets, services, shellImage });
    const [node = ''] = machine.registry.address.split(':');
    const host = node.replace(/\d+$/, (last) => String(Number(last) - 1));
    const greenroom = Number(new URL(service.url ?? '').port);
    // As if the operator had let Greenroom be reached from everywhere.
    const listeners = await Promise.all([greenroom, 0].map((port) => listenAt(host, port)));
    const targets: Record<Target, string> = {
      greenroom: `${host}:${greenroom}`,
      'greenroom-loopback': `127.0.0.1:${greenroom}`,
      host: `${host}:${portOf(listeners[1])}`,
      'api-server': `${node}:6443`,
      'api-service': 'kubernetes.default.svc.cluster.local:443',
      kubelet: `${node}:10250`,
      etcd: '127.0.0.1:2379',
      registry: machine.registry.address,
      neighbour: neighbour.address,
      'neighbour-service': neighbour.service,
      metadata: '169.254.169.254:80',
      internet: '1.1.1.1:443',
    };
    const user = who === 'a stranger' ? 10_001 : 0;
    const image = shellImage.split('/').slice(1).join('/');
    const files = await hostileFiles({ targets, names: lookedUp, shellImage: image, user });
    const repository = await github.createRepository('hostile', { files });
    const parts = { who, stand, neighbour, lookout, repository, targets, listeners, secrets };
    return new Siege({ ...parts, operatorSecret: key });
  }

  /** Opens the change, looks at it while it is at work, and lets it end. */
  async run(): Promise<Ended> {
    const { updates } = this.stand.service;
    const signal = AbortSignal.timeout(560_000);
    await this.#openChange(signal);
    // A stranger's first run only says that somebody must approve it.
    const own = (run: Run) =>
      run.repository === this.#repository.fullName && (this.#who === 'a colleague' || run.trigger === 'command');
    const testing = updates.until((run) => own(run) && ['testing', 'done'].includes(run.phase), signal);
    const done = updates.until((run) => own(run) && run.phase === 'done', signal);
    done.catch(() => undefined);
    await this.#letRun();
    const begun = await testing;
    if (begun.phase === 'done') throw new Error(`it never came to testing: ${JSON.stringify(begun.document)}`);
    const controls = await this.#controls();
    const seen = await lookFromOutside(this.stand.machine.kubernetes, this.neighbour, begun.environmentName);
    const run = await done;
    const text = await this.artifact(run, 'attacker/shard-1/attempts.json').then((answer) => answer.text());
    if (!text.startsWith('{')) throw new Error(`the suite left nothing (${text}): ${JSON.stringify(run.document)}`);
    return { seen, controls, attempts: JSON.parse(text) as Attempts, run };
  }

  artifact(run: Run, path: string): Promise<Response> {
    return fetch(`${this.stand.service.url}/runs/${run.id}/artifacts/${path}`);
  }

  page(run: Run): Promise<string> {
    return fetch(`${this.stand.service.url}/runs/${run.id}`).then((answer) => answer.text());
  }

  comments(): string[] {
    return this.#repository.commentsOf(this.#number).flatMap(({ body, viaApp }) => (viaApp ? [body] : []));
  }

  /** Title, summary and text of each check on the head. */
  checks(run: Run): string[] {
    const checks = this.#repository.checksOf(run.headSha);
    return checks.map(({ title, summary, text }) => [title, summary, text].join('\n'));
  }

  receipt(run: Run) {
    return teardownOf(this.stand.service.store, run.id);
  }

  async close(): Promise<void> {
    delete process.env[canaryVariable];
    for (const listener of this.#listeners) listener.close();
    await this.#lookout.close();
    await this.neighbour.close();
    await this.stand.close();
    const { core } = this.stand.machine.kubernetes;
    await core.deleteNamespace({ name: this.stand.service.engine.stage.secretsNamespace });
  }

  async #openChange(signal: AbortSignal): Promise<void> {
    const repository = this.#repository;
    const change = { message: nastyTexts[0], files: { 'NEWS.md': 'News\n' } };
    if (this.#who === 'a colleague') {
      await repository.pushTo('hostile', { ...change, user: 'ada' });
      return;
    }
    const fork = await this.stand.github.fork(repository, 'mallory');
    await fork.pushTo('hostile', { ...change, user: 'mallory' });
    const told = this.stand.service.updates.until(
      (run) => run.repository === repository.fullName && run.phase === 'done',
      signal,
    );
    this.#number = await repository.openPullRequest({ title: nastyTexts[0], user: 'mallory', head: 'mallory:hostile' });
    await told;
  }

  async #letRun(): Promise<void> {
    const repository = this.#repository;
    if (this.#who === 'a colleague') {
      this.#number = await repository.openPullRequest({ title: nastyTexts[0], user: 'ada', head: 'hostile' });
      return;
    }
    const { sha } = repository.pull(this.#number).head;
    const approvals = repository.checksOf(sha).map(({ conclusion }) => conclusion);
    if (!approvals.includes('action_required')) throw new Error(`nobody has to approve it: ${approvals.join(', ')}`);
    await repository.comment(this.#number, 'ada', `/greenroom approve ${sha}`);
  }

  async #controls(): Promise<Controls> {
    const ofHost: Target[] = ['greenroom', 'greenroom-loopback', 'host'];
    const fromNeighbour: Target[] = ['registry', 'neighbour', 'neighbour-service'];
    const each = async (names: Target[], dialFrom: (target: string) => Promise<string>) =>
      Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, await dialFrom(this.#targets[name])] as const)),
      );
    const targets = Object.entries(this.#targets);
    const ofNode = targets.filter(([name]) => name !== 'neighbour-service' && !ofHost.some((one) => one === name));
    const byAddress = { 'api-service': `${await apiServiceOf(this.stand.machine.kubernetes)}:443` };
    return {
      host: await each([...ofHost, 'neighbour'], dial),
      neighbour: await each(fromNeighbour, (target) => this.neighbour.dial(target)),
      names: await this.neighbour.resolve(lookedUp),
      lookout: await until(
        'the lookout has the addresses',
        async () => {
          const sight = await this.#lookout.look({ ...Object.fromEntries(ofNode), ...byAddress });
          if (sight.reached.internet !== 'open') throw new Error(JSON.stringify(sight.reached));
          return sight;
        },
        30_000,
      ),
    };
  }
}

interface Parts {
  who: Besieger;
  stand: JourneyStand;
  neighbour: Neighbour;
  lookout: Lookout;
  repository: StandInRepository;
  targets: Record<Target, string>;
  listeners: Server[];
  secrets: string[];
  operatorSecret: string;
}

/** In the environment of the process that is Greenroom here. */
const canaryVariable = 'GREENROOM_TEST_CANARY';

/** One that everybody may know, and one of the internet. */
export const lookedUp = ['kubernetes.default.svc.cluster.local', 'example.com'] as const;

async function putUp({ core }: Kubernetes, namespace: string, value: string): Promise<void> {
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const annotations = { 'greenroom.dev/repositories': 'acme/hostile' };
  const metadata = { name: operatorSecret, annotations };
  await core.createNamespacedSecret({ namespace, body: { metadata, stringData: { STRIPE_KEY: value } } });
}

async function apiServiceOf({ core }: Kubernetes): Promise<string> {
  const { spec } = await core.readNamespacedService({ namespace: 'default', name: 'kubernetes' });
  return spec?.clusterIP ?? '';
}

async function listenAt(host: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.end()).listen(port, host);
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  return server;
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function keyLines(pem: string): string[] {
  return pem.split('\n').filter((line) => line.length > 40 && !line.startsWith('-----'));
}

/** Keys and tokens of the kubeconfig with which Greenroom works. @throws Error when there are none: then nothing would be looked for */
function clusterKeys(): string[] {
  const text = readFileSync(needed('GREENROOM_TEST_KUBECONFIG'), 'utf8');
  const found = [...text.matchAll(/(?:client-key-data|token|password)"?: *"?([A-Za-z0-9+/=._-]{16,})/g)];
  if (found.length === 0) throw new Error('the kubeconfig holds no key');
  return found.map((match) => match[1] ?? '');
}
