import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../../../errors.ts';
import type { NodePlan } from '../../node-plan.ts';
import { apiPort } from '../../node-plan.ts';
import { runCommand } from '../../run-command.ts';
import type { NodeClient } from '../node-client.ts';
import { type PlacedSandbox, servePolicyPlugin } from './cni-plugin.ts';
import { ObjectCache } from './object-cache.ts';
import { type PlacedPod, rulesOfPods } from './pod-rules.ts';
import { NetworkPolicy, PolicyNamespace, PolicyPod } from './policy-objects.ts';
import { renderPolicies } from './render-policies.ts';

export interface Enforcing {
  plan: NodePlan;
  client: NodeClient;
  /** What a person should know. */
  note: (note: string) => void;
}

const networking = '/apis/networking.k8s.io/v1';

/**
 * NetworkPolicy on this node: what the API says becomes rules of the node's own network namespace. A pod's rules stand before its first
 * process does (`servePolicyPlugin`) and follow every change of policies, labels and namespaces (watches). Resolves when pods may begin.
 */
export async function enforcePolicies({ plan, client, note }: Enforcing): Promise<void> {
  const origin = `https://${plan.addresses.nodeAddress}:${apiPort}`;
  const placed = new Map<string, PlacedSandbox>();
  const enforcer = new Enforcer(() => renderPolicies(rulesOfPods(view())), note);
  const shared = { client, origin, onChange: () => enforcer.changed() };
  const inNamespace = ({ metadata }: PolicyPod | NetworkPolicy) => `${metadata.namespace}/${metadata.name}`;
  const pods = new ObjectCache({ ...shared, path: '/api/v1/pods', schema: PolicyPod, keyOf: inNamespace });
  const policies = new ObjectCache({
    ...shared,
    path: `${networking}/networkpolicies`,
    schema: NetworkPolicy,
    keyOf: inNamespace,
  });
  const namespaces = new ObjectCache({
    ...shared,
    path: '/api/v1/namespaces',
    schema: PolicyNamespace,
    keyOf: ({ metadata }) => metadata.name,
  });
  const view = () => ({
    pods: [...placed.values()].flatMap((sandbox) => placedPods(sandbox, pods)),
    namespaces: namespaces.all,
    policies: policies.all,
  });
  await enforcer.load();
  await servePolicyPlugin({
    async onAdd(sandbox) {
      const { namespace, name } = sandbox;
      const asked = await Promise.all([
        pods.refresh(`/api/v1/namespaces/${namespace}/pods/${name}`),
        namespaces.refresh(`/api/v1/namespaces/${namespace}`),
        policies.refresh(`${networking}/namespaces/${namespace}/networkpolicies`),
      ]);
      if (asked.includes(false)) throw new Error(`the API server does not tell about "${namespace}/${name}"`);
      placed.set(sandbox.container, sandbox);
      await enforcer.load();
    },
    async onDelete(container) {
      if (placed.delete(container)) await enforcer.load();
    },
  });
  for (const cache of [pods, policies, namespaces]) void cache.keep();
}

/** Nothing of one that the API server has no pod for: its address gets nothing. */
function placedPods({ addresses, namespace, name }: PlacedSandbox, pods: ObjectCache<PolicyPod>): PlacedPod[] {
  const pod = pods.get(`${namespace}/${name}`);
  return pod === undefined ? [] : addresses.map((address) => ({ address, pod }));
}

const againMs = 1_000;

/** One load at a time, each with all that was known when it began. */
class Enforcer {
  readonly #render: () => string;
  readonly #note: (note: string) => void;
  #loaded: string | null = null;
  #last: Promise<void> = Promise.resolve();
  #isToCome = false;

  constructor(render: () => string, note: (note: string) => void) {
    this.#render = render;
    this.#note = note;
  }

  /** Resolves when the rules of now are in force. @throws RunError CLUSTER_COMMAND */
  load(): Promise<void> {
    const load = this.#last.then(() => this.#load());
    this.#last = load.catch(() => undefined);
    return load;
  }

  /** Soon, and again until it works; many changes at once are one. */
  changed(): void {
    if (this.#isToCome) return;
    this.#isToCome = true;
    setImmediate(async () => {
      this.#isToCome = false;
      for (let isLoaded = false; !isLoaded; ) {
        isLoaded = await this.load().then(
          () => true,
          (error: unknown) => {
            this.#note(`network policies: ${explain(error)}`);
            return false;
          },
        );
        if (!isLoaded) await sleep(againMs);
      }
    });
  }

  async #load(): Promise<void> {
    const rules = this.#render();
    if (rules === this.#loaded) return;
    await runCommand('nft', ['--file', '-'], { input: rules });
    this.#loaded = rules;
  }
}
