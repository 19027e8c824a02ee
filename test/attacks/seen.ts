import type { V1Pod } from '@kubernetes/client-node';
import { suitesNamespaceOf } from '../../infra/environment-spec.ts';
import { apiRequest } from '../../src/kubernetes/api-request.ts';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { until } from '../faults/until.ts';
import { escapingPods, modestPod } from './escaping-pods.ts';
import { dial, type Neighbour } from './neighbour.ts';

/** What was seen from outside while the change was at it. */
export interface Seen {
  namespace: string;
  /** The two that no stranger may reach, from the host, which may. */
  controls: { application: string; suite: string };
  strangers: { application: string; suite: string };
  pods: V1Pod[];
  /** Why a pod was evicted, by its application. */
  evicted: Record<string, string>;
  swarm: string;
  /** What the API server said to each pod, by namespace and pod; `modest` is the control. */
  refusals: Record<string, string>;
}

/** For a busy machine; nothing is measured here. */
const patienceMs = 180_000;

/** Looks at an environment while its hostile suite is at work, and tells the suite when that is enough. */
export async function lookFromOutside(kubernetes: Kubernetes, neighbour: Neighbour, namespace: string): Promise<Seen> {
  const { core } = kubernetes;
  const rooms = [namespace, suitesNamespaceOf(namespace)];
  const podsOf = async (room: string) => (await core.listNamespacedPod({ namespace: room })).items;
  const web = (await podsOf(namespace)).find((pod) => appOf(pod) === 'web')?.status?.podIP;
  const application = `${web}:8080`;
  const ask = (path: string) => fetch(`http://${application}${path}`).then((answer) => answer.text());
  const suite = await until('the suite listens', async () => (await ask('/suite')) || null, patienceMs);
  const from = async (dialFrom: (target: string) => Promise<string>) => ({
    application: await dialFrom(application),
    suite: await dialFrom(suite),
  });
  const controls = await from(dial);
  const strangers = await from((target) => neighbour.dial(target));
  const pods = (await Promise.all(rooms.map(podsOf))).flat();
  const refusals = await refusalsIn(kubernetes, rooms);
  const name = pods.find((pod) => appOf(pod) === 'swarm')?.metadata?.name ?? '';
  const [swarm, ...evicted] = await Promise.all([
    patiently('the swarm is as large as it gets', async () => core.readNamespacedPodLog({ namespace, name })),
    ...filling.map((app) =>
      patiently(`"${app}" is evicted`, async () => {
        const gone = (await podsOf(namespace)).find((pod) => appOf(pod) === app && pod.status?.reason === 'Evicted');
        return gone?.status?.message ?? '';
      }),
    ),
  ]);
  await ask('/end');
  return {
    ...{ namespace, controls, strangers, pods, swarm, refusals },
    evicted: Object.fromEntries(filling.map((app, index) => [app, evicted[index] ?? ''])),
  };
}

/** Applications that fill the disk. */
const filling = ['hungry', 'loud'] as const;

function appOf(pod: V1Pod): string | undefined {
  return pod.metadata?.labels?.app;
}

/** What has come, or that it has not: the suite must be told in any case. */
function patiently(what: string, look: () => Promise<string>): Promise<string> {
  return until(what, async () => (await look()) || null, patienceMs).catch(String);
}

async function refusalsIn(kubernetes: Kubernetes, namespaces: string[]): Promise<Record<string, string>> {
  const pods: [id: string, spec: object][] = [
    ['modest', modestPod],
    ...Object.entries(escapingPods).map(([id, { spec }]): [string, object] => [id, spec]),
  ];
  const asked = namespaces.flatMap((namespace) =>
    pods.map(async ([id, spec]): Promise<[string, string]> => {
      return [`${namespace} ${id}`, await refusalOf(kubernetes, namespace, spec)];
    }),
  );
  return Object.fromEntries(await Promise.all(asked));
}

/** A pod that asks for this, as the API server judges it; nothing is made. */
async function refusalOf(kubernetes: Kubernetes, namespace: string, spec: object): Promise<string> {
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'past-admission' }, spec };
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  const signal = AbortSignal.timeout(10_000);
  const answer = await apiRequest<{ message?: string }>(kubernetes, { method: 'POST', path, body, signal });
  return answer.status === 403 ? (answer.body.message ?? '') : `answered ${answer.status}`;
}
