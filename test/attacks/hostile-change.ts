import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nastyNames, nastyTexts } from './nasty-texts.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const image = 'base/node:24';
const longGraceSeconds = 86_400;

/** What the change is told, and how it may run. */
export interface Ambush {
  /** What it dials, by name. */
  targets: Record<string, string>;
  /** What it asks the DNS for. */
  names: readonly string[];
  shellImage: string;
  /** A stranger's images must not be root's. */
  user: number;
}

/** The files of a repository whose application and suites try whatever they can. */
export async function hostileFiles(ambush: Ambush): Promise<Record<string, string>> {
  const [tools, application, attacker, listener] = await Promise.all(
    ['hostile.mjs', 'application.mjs', 'attacker.spec.mjs', 'listener.spec.mjs'].map((name) =>
      readFile(join(fixtures, name), 'utf8'),
    ),
  );
  const program = `${tools}\n${application?.replace(/^import .* from '\.\/hostile\.mjs';$/m, '')}`;
  return {
    // JSON is YAML.
    'greenroom.yaml': JSON.stringify(config(ambush), null, 2),
    'k8s/application.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(program, ambush) }),
    'e2e/hostile.mjs': tools ?? '',
    'e2e/attacker.spec.mjs': attacker ?? '',
    'e2e/listener.spec.mjs': listener ?? '',
    'smoke.yaml': JSON.stringify([
      { name: 'home', path: '/', expect: { contains: 'Hello' } },
      { name: nastyTexts[0], path: '/evil', expect: { contains: 'what is not there' } },
    ]),
  };
}

/** Lines and files that the wrapper of another suite would write, but for the numbers of the lines. */
function forged(): { lines: object[]; files: Record<string, string> } {
  const attempt = { status: 'passed', startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1 };
  const report = { total: 1, outcomes: [{ name: 'forged', line: null, attempts: [attempt] }] };
  return {
    lines: [
      { kind: 'test', suite: 'smoke', shard: 0, name: 'forged', status: 'passed', durationMs: 1, retry: 0 },
      { kind: 'progress', suite: 'smoke', done: 1, total: 1, failed: 0 },
      { kind: 'notice', text: nastyTexts[2] },
    ],
    files: { 'smoke.json': JSON.stringify(report) },
  };
}

function config({ targets, names }: Ambush): object {
  const attack = { targets, names, forged: forged(), files: nastyNames, titles: nastyTexts };
  return {
    version: 1,
    application: { entry: { service: 'web', port: 8080 }, manifests: 'k8s' },
    suites: [
      { name: 'smoke', kind: 'smoke', path: 'smoke.yaml' },
      {
        ...{ name: 'attacker', kind: 'e2e', path: 'e2e', shards: 2, timeout: '5m' },
        env: { ATTACK: JSON.stringify(attack) },
      },
    ],
    limits: { cpu: '2', memory: '4Gi', timeout: '10m', ttl: '1h' },
  };
}

function objects(program: string, { targets, names, shellImage, user }: Ambush): object[] {
  const node = ['/usr/bin/node', '--input-type=module', '-e', program];
  const env = [{ name: 'ATTACK', value: JSON.stringify({ targets, names, evil: nastyTexts }) }];
  const ready = { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } };
  const memory = (limit: string, more: object = {}) => ({
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: limit, ...more } },
  });
  const small = memory('128Mi', { 'ephemeral-storage': '64Mi' });
  const claim = { persistentVolumeClaim: { claimName: 'held' } };
  const all = { image, command: node, env, ...ready };
  const deploy = (name: string, container: object, pod: object = {}) => deployment(name, { container, pod, user });
  return [
    deploy(
      'web',
      {
        ...{ ...all, ...memory('256Mi'), envFrom: [{ secretRef: { name: operatorSecret } }] },
        volumeMounts: [{ name: 'held', mountPath: '/held' }],
        lifecycle: { preStop: { exec: { command: ['/usr/bin/node', '-e', 'setTimeout(() => undefined, 1e9)'] } } },
      },
      { volumes: [{ name: 'held', ...claim }], terminationGracePeriodSeconds: longGraceSeconds },
    ),
    deploy('hungry', { ...all, ...small }),
    deploy('loud', { ...all, ...small }),
    deploy('swarm', { image: shellImage, command: ['/usr/bin/bash', '-c', swarm], ...memory('1Gi') }),
    ...['web', 'hungry', 'loud'].map(service),
    {
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'held' } },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } },
    },
    {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'never' } },
      spec: { maxUnavailable: 0, selector: { matchLabels: { app: 'web' } } },
    },
  ];
}

/** What the operator has put up for this repository. */
export const operatorSecret = 'stripe-test';

/** As many processes as there may be, which do not end when they are told to. */
const swarm = `trap '' TERM INT HUP
for ((one = 0; one < 20000; one++)); do /usr/bin/sleep 86400 & done
wait`;

interface Brought {
  container: object;
  pod: object;
  user: number;
}

function deployment(name: string, { container, pod, user }: Brought): object {
  const labels = { app: name };
  const spec = { ...pod, securityContext: { runAsUser: user }, containers: [{ name, ...container }] };
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name } },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

function service(name: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name } },
    spec: { selector: { app: name }, ports: [{ port: 8080 }] },
  };
}
