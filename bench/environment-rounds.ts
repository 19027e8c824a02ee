import { setTimeout as sleep } from 'node:timers/promises';
import { environmentRooms } from '../infra/environment-rooms.ts';
import { type EnvironmentSpec, type KubernetesObject, suitesNamespaceOf } from '../infra/environment-spec.ts';
import { execInPod } from '../src/kubernetes/exec.ts';
import type { Kubernetes } from '../src/kubernetes/kubernetes.ts';
import { listJobPods } from '../src/kubernetes/pods.ts';
import { openShop } from './shop.ts';
import { type BenchStage, oncePerStage } from './stage.ts';

/** Milliseconds of one environment made and taken away by us, and of the same objects by kubectl. */
export interface EnvironmentRound {
  ready: { ours: number; kubectl: number };
  gone: { ours: number; kubectl: number };
}

/** Two figures read it. */
export const environmentRounds = oncePerStage(measure);

async function measure(stage: BenchStage): Promise<EnvironmentRound[]> {
  const newEnvironment = await openShop(stage);
  const { kubernetes } = await stage.machine();
  const rounds: EnvironmentRound[] = [];
  for (let round = 0; round < stage.rounds; round++) {
    const own = await newEnvironment();
    const plain = await newEnvironment();
    let ours = { ready: 0, gone: 0 };
    let kubectl = { ready: 0, gone: 0 };
    try {
      const ready = await own.provision();
      await endSuites(kubernetes, own.spec, stage.signal);
      const receipt = await own.tearDown();
      if (receipt.status !== 'gone') throw new Error(`the teardown ended "${receipt.status}"`);
      ours = { ready, gone: receipt.durationMs };
      const applied = await timed(() => applyAndRollOut(stage, plain.spec));
      await endSuites(kubernetes, plain.spec, stage.signal);
      const namespaces = [plain.spec.name, suitesNamespaceOf(plain.spec.name)];
      kubectl = { ready: applied, gone: await timed(() => stage.kubectl(['delete', 'namespace', ...namespaces])) };
    } finally {
      await Promise.all([own.tearDown(), plain.tearDown()]);
    }
    rounds.push({
      ready: { ours: ours.ready, kubectl: kubectl.ready },
      gone: { ours: ours.gone, kubectl: kubectl.gone },
    });
    stage.say(`environment, round ${round + 1}: ${JSON.stringify(rounds.at(-1))}`);
  }
  return rounds;
}

/** What a person without Greenroom would type for the same objects. Without validation: the faster floor. */
async function applyAndRollOut({ kubectl }: BenchStage, spec: EnvironmentSpec): Promise<void> {
  const { application, suites } = environmentRooms(spec);
  const items = [application, suites]
    .flatMap((room) => [room.namespace, ...room.guards, ...room.passive, ...room.workloads])
    .map(released);
  await kubectl(['apply', '--validate=false', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const inNamespace = ['--namespace', spec.name, '--timeout=300s'];
  for (const { metadata } of spec.before) {
    await kubectl(['wait', '--for=condition=complete', `job/${metadata.name}`, ...inNamespace]);
  }
  for (const { kind, metadata } of spec.objects) {
    if (!['Deployment', 'StatefulSet'].includes(kind)) continue;
    await kubectl(['rollout', 'status', `${kind}/${metadata.name}`, ...inNamespace]);
  }
}

/** `before` Jobs are suspended until readiness releases them; here nobody does. */
function released(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Job') return object;
  return { ...object, spec: { ...(object.spec as object), suspend: false } };
}

/** As after a run: suite pods wait for `release` for up to 300 s, and a plain delete would wait with them. */
async function endSuites(kubernetes: Kubernetes, spec: EnvironmentSpec, signal: AbortSignal): Promise<void> {
  const namespace = suitesNamespaceOf(spec.name);
  await Promise.all(spec.suites.map(({ name }) => endSuite(kubernetes, namespace, name, signal)));
}

async function endSuite(kubernetes: Kubernetes, namespace: string, job: string, signal: AbortSignal): Promise<void> {
  let marked = false;
  for (let look = 0; look < 240; look++) {
    const pods = await listJobPods(kubernetes, namespace, job, signal);
    if (pods.length > 0 && pods.every(({ status }) => /^(Succeeded|Failed)$/.test(status?.phase ?? ''))) return;
    if (!marked && pods.length > 0 && pods.every(({ status }) => status?.phase === 'Running')) {
      for (const { metadata } of pods) {
        for (const mark of ['cancel', 'release']) {
          const command = ['/usr/bin/node', '/greenroom/runner/files.ts', 'touch', mark];
          await execInPod(kubernetes, { namespace, pod: metadata?.name ?? '', container: 'files', command, signal });
        }
      }
      marked = true;
    }
    await sleep(250, undefined, { signal });
  }
  throw new Error(`the pods of suite "${job}" did not end`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
