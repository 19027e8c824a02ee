import { setTimeout as sleep } from 'node:timers/promises';
import { suitesNamespaceOf } from '../../../infra/environment-spec.ts';
import { labels, type Ownership, ownershipAnnotations, ownershipLabels } from '../../../infra/labels.ts';
import type { Stacks } from '../../../src/environment/stacks.ts';
import { apiRequest } from '../../../src/kubernetes/api-request.ts';
import { never } from '../never.ts';
import type { ChildEnd, Children, ChildWork } from './children.ts';
import { clusterApi } from './cluster-api.ts';
import type { Dice } from './dice.ts';
import { exchange, unless } from './exchange.ts';
import { type Actor, type Surroundings, tell } from './surroundings.ts';
import type { Span } from './weather.ts';

export interface WantedEnvironment {
  name: string;
  owner: Ownership;
  suites: readonly string[];
}

/** What becomes of one environment, decided before it begins. */
interface Fate {
  stepMs: Span;
  /** Before which step it hangs or dies; beyond the last: it does not. */
  hangsAt: number;
  diesAt: number;
}

type Step = (isLate: boolean) => boolean;

/** The child's part of `provision`: namespaces, then what stands in them, one request after the other. */
export async function createEnvironment(
  around: Surroundings,
  { actor, isCancelled, about }: ChildWork,
  wanted: WantedEnvironment,
  dice: Dice,
): Promise<ChildEnd> {
  const { clock, stacks } = around;
  const steps = stepsOf(around, actor, wanted);
  const { stepMs, hangsAt, diesAt } = fateOf(around, dice, steps.length);
  stacks.add(wanted.name);
  for (const [index, step] of steps.entries()) {
    about(() => step(true));
    await sleep(dice.within(stepMs));
    if (isCancelled()) return { how: 'failed', why: 'interrupted' };
    if (index === hangsAt) return await never();
    if (index === diesAt) return { how: 'killed' };
    if (around.away.cluster > clock.nowMs) return { how: 'failed', why: 'connection refused' };
    const [thereMs, backMs] = [dice.within(around.weather.cluster.latencyMs), 1];
    about(null);
    const isDone = await exchange(clock, { server: 'cluster', thereMs, backMs, serve: () => step(false) });
    if (!isDone) return { how: 'failed', why: 'the namespace is being terminated' };
  }
  return { how: 'done' };
}

function fateOf({ weather: { provisioning } }: Surroundings, dice: Dice, steps: number): Fate {
  const { stepMs, slow, hanging, halfDone } = provisioning;
  const isSlow = dice.chance(slow);
  const somewhere = (is: boolean) => (is ? dice.within([0, steps - 1]) : steps);
  return {
    stepMs: isSlow ? [stepMs[0] * 10, stepMs[1] * 10] : stepMs,
    hangsAt: somewhere(dice.chance(hanging)),
    diesAt: somewhere(dice.chance(halfDone)),
  };
}

function stepsOf({ cluster }: Surroundings, { name: by }: Actor, { name, owner, suites }: WantedEnvironment): Step[] {
  const suitesName = suitesNamespaceOf(name);
  const namespace =
    (role: 'application' | 'suites'): Step =>
    (isLate) =>
      cluster.create(
        by,
        {
          name: role === 'suites' ? suitesName : name,
          labels: { ...ownershipLabels(owner), [labels.role]: role },
          annotations: ownershipAnnotations(owner),
          hasSuites: role === 'suites',
        },
        isLate,
      );
  const object =
    (inside: string, resource: string, kind: string, called: string): Step =>
    () =>
      cluster.createIn(inside, { resource, kind, name: called });
  const pods: Step = () => {
    const found = cluster.namespaces.get(suitesName);
    if (found === undefined || found.terminatingSinceMs !== null) return false;
    found.suites?.plan(suites);
    return true;
  };
  return [
    namespace('application'),
    namespace('suites'),
    object(name, 'configmaps', 'ConfigMap', 'web'),
    object(name, 'pods', 'Pod', 'web-1'),
    object(suitesName, 'pods', 'Pod', 'smoke-1'),
    pods,
  ];
}

const destroyMs: Span = [2_000, 8_000];

/** Pulumi's memory of environments: `clear` deletes what a stack knows, which the teardown did before, and the stack. */
export function simulatedStacks(around: Surroundings, actor: Actor, children: Children): Stacks {
  const dice = around.dice(`stacks of ${actor.holder}`);
  return {
    async clear(name, signal) {
      if (!around.stacks.has(name)) return { ok: true, detail: '' };
      const runId = name.split('-').at(-1) ?? '';
      const number = around.nextNumber();
      const right = around.rightOn(runId, actor.holder);
      tell(around, actor, { kind: 'act-begun', act: 'clear-stack', number, runId, right });
      const child = children.start(actor, (work) => destroy(around, work, name, dice));
      const cancel = () => child.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      const end = await unless(AbortSignal.any([signal, AbortSignal.timeout(120_000)]), child.ended).catch(() => {
        child.kill();
        return { how: 'killed' as const };
      });
      signal.removeEventListener('abort', cancel);
      tell(around, actor, {
        kind: 'act-ended',
        act: 'clear-stack',
        number,
        runId,
        how: end.how === 'done' ? 'done' : 'failed',
      });
      return { ok: end.how === 'done', detail: 'why' in end ? end.why : end.how };
    },
    names: async () => [...around.stacks],
  };
}

async function destroy(around: Surroundings, { actor }: ChildWork, name: string, dice: Dice): Promise<ChildEnd> {
  const api = clusterApi(around, actor);
  await sleep(dice.within(destroyMs));
  for (const namespace of [name, suitesNamespaceOf(name)]) {
    const path = `/api/v1/namespaces/${namespace}`;
    await apiRequest(api, { method: 'DELETE', path, signal: AbortSignal.timeout(10_000) });
  }
  around.stacks.delete(name);
  return { how: 'done' };
}
