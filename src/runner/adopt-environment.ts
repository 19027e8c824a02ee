import type { V1Pod, V1Secret } from '@kubernetes/client-node';
import { suitesNamespaceOf } from '../../infra/environment-spec.ts';
import { imagedObjects } from '../environment/compile-environment.ts';
import { redactionOf } from '../environment/diagnostics.ts';
import { secretsWanted } from '../environment/operator-secrets.ts';
import type { SourcedObject } from '../environment/sources/sourced-object.ts';
import { apiGet } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { adoptSuites } from '../suites/adopt-suites.ts';
import { isFinal } from '../suites/suite-result.ts';
import { listOwnedNamespaces } from '../teardown/owned-namespaces.ts';
import type { Provisioned } from './acts.ts';
import { patiently } from './patiently.ts';
import type { Performance } from './performance.ts';
import { planRunSuites } from './provisioning-phase.ts';
import { fetchChange, restrictionOf } from './read-application.ts';
import type { Plan } from './read-plan.ts';
import { renderChecked } from './render-checked.ts';
import { noteProgress } from './suite-progress.ts';
import { type SuitesInPods, suitesInPods } from './suites-at-hand.ts';

/** They run already: nothing is made of the images in their plans. */
const noImages = { runner: '', browser: '', own: {} };

/**
 * Takes up the environment and the suites of a run whose player died in phase `testing`, when all of it is still there.
 * @throws RunError when the cluster or the forge could not be asked
 */
export async function adoptEnvironment(performance: Performance, plan: Plan): Promise<Provisioned | null> {
  const { stage, recorder, signal } = performance;
  const doing = { log: stage.log, runId: recorder.run.id, what: 'adopting suites' };
  return await patiently(() => adoptOnce(performance, plan), doing, signal);
}

async function adoptOnce(performance: Performance, plan: Plan): Promise<Provisioned | null> {
  const { stage, recorder, signal } = performance;
  const { kubernetes } = stage;
  const { environmentName: name, document } = recorder.run;
  if (document.environment === null || !(await stands(performance))) return null;
  const { url } = document.environment;
  const tree = await fetchChange(performance);
  // The operator's Secrets are in the environment already, whatever is put up now.
  const restricted = restrictionOf(performance, plan);
  const rendered = await renderChecked({
    config: plan.config,
    tree,
    ceilings: stage.ceilings,
    putUp: null,
    restricted,
  });
  const redactions = await redactionsOf(kubernetes, name, plan, rendered, signal);
  const kept = document.suites.filter(isFinal);
  const adopted = await adoptSuites({
    kubernetes,
    namespace: suitesNamespaceOf(name),
    suites: await planRunSuites(performance, plan, noImages),
    repositoryDir: tree,
    kept: new Set(kept.map((suite) => suite.name)),
    heardUntil: performance.heardUntil === null ? 0 : Date.parse(performance.heardUntil),
    onProgress: (progress) => noteProgress(performance, progress, redactions.redactAnswers),
    signal,
  });
  if (adopted === null) return null;
  const suites = adopted.begun ? adopted.released : adopted.prepared;
  const abandon = () => {
    for (const pod of suites.flatMap(({ pods }) => pods)) pod.leave();
  };
  // What nobody has touched must be as it was when it was ready; what suites are at work on is theirs to judge.
  if (!adopted.begun && !(await isReady(kubernetes, name, signal))) {
    abandon();
    return null;
  }
  const begun = adopted.begun ? { ...adopted, kept } : null;
  const pods: SuitesInPods = { preparing: Promise.resolve(suites), begun, abandon, namespace: name, ...redactions };
  return { namespace: name, url: url ?? '', suites: suitesInPods(performance, pods) };
}

/** Both namespaces, as they were made for this run, and none of them on its way out. */
async function stands({ stage, recorder, signal }: Performance): Promise<boolean> {
  const { id, environmentName } = recorder.run;
  const namespaces = await listOwnedNamespaces(stage.kubernetes, stage.instance, id, signal);
  const alive = namespaces.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const names = new Set(alive.map(({ metadata }) => metadata.name));
  return [environmentName, suitesNamespaceOf(environmentName)].every((name) => names.has(name));
}

/** The values that the environment was given: what the operator puts up may have changed since. */
async function redactionsOf(
  kubernetes: Kubernetes,
  namespace: string,
  plan: Plan,
  rendered: SourcedObject[],
  signal: AbortSignal,
): Promise<Pick<SuitesInPods, 'redact' | 'redactAnswers'>> {
  const wanted = secretsWanted(imagedObjects(plan.config, rendered));
  const { items } = await apiGet<{ items: V1Secret[] }>(kubernetes, `/api/v1/namespaces/${namespace}/secrets`, signal);
  const secrets = items.map(({ metadata, data }) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: metadata?.name ?? '' },
    data: data ?? {},
  }));
  const ofOperator = secrets.filter(({ metadata }) => wanted.includes(metadata.name));
  const redactAnswers = ofOperator.length > 0 ? redactionOf({ objects: ofOperator, before: [] }) : null;
  return { redact: redactionOf({ objects: secrets, before: [] }), redactAnswers };
}

/** Every pod that serves, and at least one. */
async function isReady(kubernetes: Kubernetes, namespace: string, signal: AbortSignal): Promise<boolean> {
  const { items } = await apiGet<{ items: V1Pod[] }>(kubernetes, `/api/v1/namespaces/${namespace}/pods`, signal);
  const serving = items.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  const isUp = ({ metadata, status }: V1Pod) =>
    !metadata?.deletionTimestamp &&
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return serving.length > 0 && serving.every(isUp);
}
