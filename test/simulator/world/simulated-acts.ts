import { setTimeout as sleep } from 'node:timers/promises';
import { suitesNamespaceOf } from '../../../infra/environment-spec.ts';
import { durationMs } from '../../../src/config/duration.ts';
import type { SourcedObject } from '../../../src/environment/sources/sourced-object.ts';
import { RunError } from '../../../src/errors.ts';
import type { Acts, Provisioned } from '../../../src/runner/acts.ts';
import type { RunImages } from '../../../src/runner/image-phase.ts';
import { ownerOf } from '../../../src/runner/owner-of.ts';
import type { Performance } from '../../../src/runner/performance.ts';
import type { Plan } from '../../../src/runner/read-plan.ts';
import { isFinal, type SuiteResult } from '../../../src/suites/suite-result.ts';
import type { Failure } from '../../../src/verdict/verdict-document.ts';
import { type ActsStage, acting } from './acting.ts';
import type { ChildEnd } from './children.ts';
import { unless } from './exchange.ts';
import { createEnvironment } from './provisioning.ts';
import { simulatedSuites } from './simulated-suites.ts';

/** SIGINT, and after that SIGKILL, as `pulumi-operations.ts` has it. */
const cancelGraceMs = 30_000;

/** As `realActs`, with the simulated registry, Pulumi, cluster and suites. */
export function simulatedActs(stage: ActsStage): Acts {
  return {
    readApplication: (performance) =>
      acting(stage, 'read-application', performance, () => readApplication(stage, performance)),
    resolveImages: (performance, plan, rendered) =>
      acting(stage, 'resolve-images', performance, () => resolveImages(stage, performance, plan, rendered)),
    provision: (performance, plan) =>
      acting(stage, 'provision', performance, () => provision(stage, performance, plan)),
    adopt: (performance, plan) => acting(stage, 'adopt', performance, () => adopt(stage, performance, plan)),
    clearFolders: async () => undefined,
  };
}

async function readApplication({ dice }: ActsStage, { signal }: Performance): Promise<SourcedObject[]> {
  await sleep(dice.within([100, 800]), undefined, { signal });
  return [web];
}

async function resolveImages(
  { around, dice }: ActsStage,
  { recorder, signal }: Performance,
  plan: Plan,
  rendered: SourcedObject[],
): Promise<RunImages> {
  const { clock, forge } = around;
  const fromMs = forge.commits.get(recorder.run.headSha)?.imageFromMs ?? Number.POSITIVE_INFINITY;
  const [image] = plan.config.application.images;
  const untilMs = clock.nowMs + durationMs(image?.timeout ?? '3m');
  while (clock.nowMs < fromMs) {
    if (clock.nowMs >= untilMs)
      throw new RunError(`waiting for the image of ${recorder.run.headSha}`, {
        code: 'IMAGE_MISSING',
        remedy: 'retry',
      });
    await sleep(dice.within([1_000, 5_000]), undefined, { signal });
  }
  const digest = `sha256:${recorder.run.headSha}`;
  const name = image?.name ?? 'web';
  await recorder.tell({ kind: 'images-resolved', images: [{ name, digest }] });
  const runners = { runner: 'runner', browser: 'runner-browser' };
  return { rendered, images: [{ name, reference: `${name}@${digest}`, digest }], runners, own: {} };
}

async function provision(
  stage: ActsStage,
  performance: Performance,
  plan: Plan,
): Promise<Provisioned | { failure: Failure }> {
  const { around, actor, children, dice } = stage;
  const { recorder, signal } = performance;
  const { environmentName: name } = recorder.run;
  const suites = plan.config.suites.map((suite) => suite.name);
  const wanted = { name, owner: ownerOf({ instance: around.instance }, recorder.run), suites };
  const isReady = !dice.chance(around.weather.provisioning.notReady);
  const child = children.start(actor, (work) => createEnvironment(around, work, wanted, dice));
  const deadline = AbortSignal.timeout(durationMs(plan.config.limits.timeout));
  const end = await unless(AbortSignal.any([signal, deadline]), child.ended).catch(async () => {
    child.cancel();
    const killing = setTimeout(() => child.kill(), cancelGraceMs);
    await child.ended;
    clearTimeout(killing);
    return 'too-late' as const;
  });
  signal.throwIfAborted();
  if (end === 'too-late') return { failure: notStarted('it was not ready in its time') };
  if (end.how !== 'done') throw brokenOff(name, end);
  await sleep(dice.within([500, 8_000]), undefined, { signal });
  if (!isReady) return { failure: crashed };
  return { namespace: name, url: urlOf(name), suites: simulatedSuites(stage, performance, plan) };
}

/** What the cluster still has of it, when it has all of it. */
async function adopt(stage: ActsStage, performance: Performance, plan: Plan): Promise<Provisioned | null> {
  const { around, dice } = stage;
  const { environmentName: name } = performance.recorder.run;
  await sleep(dice.within([200, 2_000]), undefined, { signal: performance.signal });
  if (around.away.cluster > around.clock.nowMs)
    throw new RunError(`looking for the environment "${name}"`, { code: 'CLUSTER_UNREACHABLE', remedy: 'retry' });
  const found = [name, suitesNamespaceOf(name)].map((one) => around.cluster.namespaces.get(one));
  if (found.some((namespace) => namespace === undefined || namespace.terminatingSinceMs !== null)) return null;
  const pods = found[1]?.suites?.pods;
  const isThere = (suite: SuiteResult) => {
    const pod = pods?.get(suite.name);
    return isFinal(suite) || (pod !== undefined && pod.end?.how !== 'lost');
  };
  if (!performance.recorder.run.document.suites.every(isThere)) return null;
  return { namespace: name, url: urlOf(name), suites: simulatedSuites(stage, performance, plan) };
}

function urlOf(name: string): string {
  return `http://web.${name}.svc:8080`;
}

function brokenOff(name: string, end: ChildEnd): RunError {
  const cause = new Error('why' in end ? end.why : `the child process was ${end.how}`);
  return new RunError(`creating the environment "${name}"`, { code: 'PULUMI_FAILED', remedy: 'retry', cause });
}

function notStarted(message: string): Failure {
  return { class: 'infrastructure', code: 'NOT_STARTED', message, remedy: 'Run it again.', evidence: [] };
}

const crashed: Failure = {
  class: 'product',
  code: 'CRASH_LOOP',
  message: 'Deployment/web: its container exits with 1',
  remedy: 'Mend the change.',
  evidence: [],
};

/** What every change deploys: enough to be counted at admission. */
const web: SourcedObject = {
  object: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 1,
      template: {
        spec: {
          containers: [
            {
              name: 'web',
              image: 'registry.example.com/web',
              resources: { requests: { cpu: '500m', memory: '256Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
            },
          ],
        },
      },
    },
  },
  file: 'greenroom.yaml',
  lineAt: () => undefined,
};
