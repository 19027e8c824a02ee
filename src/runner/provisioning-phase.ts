import { environmentOutputs } from '../../infra/environment-rooms.ts';
import { type EnvironmentSpec, suitesNamespaceOf } from '../../infra/environment-spec.ts';
import { durationMs } from '../config/duration.ts';
import { compileEnvironment, imagedObjects } from '../environment/compile-environment.ts';
import { redactionOf } from '../environment/diagnostics.ts';
import { type ProvisionProgress, provisionEnvironment } from '../environment/environment.ts';
import type { NotReady } from '../environment/not-ready.ts';
import { secretsWanted } from '../environment/operator-secrets.ts';
import { readOperatorSecrets, type SecretData } from '../environment/read-operator-secrets.ts';
import { RunError } from '../errors.ts';
import { type PlanSuitesInput, planSuites } from '../suites/plan-suites.ts';
import type { PlannedSuite } from '../suites/planned-suite.ts';
import { prepareSuites } from '../suites/prepare-suites.ts';
import type { Failure } from '../verdict/verdict-document.ts';
import type { Provisioned } from './acts.ts';
import { egressAddresses } from './egress-addresses.ts';
import type { RunImages } from './image-phase.ts';
import { findOwnPackages } from './own-packages.ts';
import { ownerOf } from './owner-of.ts';
import type { Performance } from './performance.ts';
import type { Plan } from './read-plan.ts';
import { secretsRequestOf } from './secrets-request.ts';
import { foldersOf } from './stage.ts';
import { noteProgress } from './suite-progress.ts';
import { suitesInPods } from './suites-at-hand.ts';

/**
 * Creates the environment and, while it comes up, puts the suites' files into their warm pods. What is not ready is the
 * run's failure, with the class that the cluster's evidence gives.
 * @throws RunError for "could not find out"
 */
export async function provision(
  performance: Performance,
  plan: Plan,
  images: RunImages,
): Promise<Provisioned | { failure: Failure }> {
  const { stage, recorder, signal } = performance;
  const { run } = recorder;
  const suites = await planRunSuites(performance, plan, { ...images.runners, own: images.own });
  const wanted = secretsWanted(imagedObjects(plan.config, images.rendered));
  const [secrets, pullSecret, egressCidrs] = await Promise.all([
    readOperatorSecrets(secretsRequestOf(performance), wanted, signal),
    stage.pullSecret(signal),
    addressesOut(performance, plan),
  ]);
  const spec = specOf(performance, plan, { images, suites, secrets, pullSecret, egressCidrs });
  const ofOperator = spec.objects.filter(({ kind, metadata }) => kind === 'Secret' && metadata.name in secrets);
  const redactAnswers = ofOperator.length > 0 ? redactionOf({ objects: ofOperator, before: [] }) : null;
  const abandoned = new AbortController();
  const preparing = prepareSuites({
    kubernetes: stage.kubernetes,
    namespace: suitesNamespaceOf(spec.name),
    suites,
    repositoryDir: foldersOf(stage, run.id).tree,
    baseUrl: environmentOutputs(spec).url,
    runId: run.id,
    seed: run.headSha.slice(0, 8),
    warmTimeoutMs: durationMs(plan.config.limits.timeout),
    onProgress: (progress) => noteProgress(performance, progress, redactAnswers),
    signal: AbortSignal.any([signal, abandoned.signal]),
  });
  const abandon = () => abandoned.abort(new Error('nobody waits for the suites any more'));
  try {
    const provisioned = await provisionEnvironment({
      kubernetes: stage.kubernetes,
      pulumi: stage.pulumi,
      spec,
      deadlineMs: durationMs(plan.config.limits.timeout),
      signal,
      onProgress: (progress) => stage.onLine(run.id, 'environment', lineOf(progress)),
    });
    if (provisioned.ready) {
      const { url, previewUrl } = provisioned.outputs;
      const found = { preparing, abandon, begun: null };
      const pods = { ...found, namespace: spec.name, redact: redactionOf(spec), redactAnswers };
      return { namespace: spec.name, url: previewUrl ?? url, suites: suitesInPods(performance, pods) };
    }
    abandon();
    return { failure: failureOf(provisioned.notReady) };
  } catch (error) {
    abandon();
    throw error;
  }
}

/** Where a change from a fork may go: the hosts that the base branch names, as far as their addresses are known. */
async function addressesOut({ stage, recorder }: Performance, plan: Plan): Promise<Record<string, string[]>> {
  const { run } = recorder;
  if (run.trusted) return {};
  const known = await egressAddresses(plan.config.application.egress);
  for (const [host, cidrs] of Object.entries(known))
    if (cidrs.length === 0)
      stage.onLine(run.id, 'greenroom', `egress to "${host}" stays closed: no public address is known`);
  return known;
}

function lineOf(progress: ProvisionProgress): string {
  if (progress.kind === 'created') return `${progress.resource.kind}/${progress.resource.name} created`;
  if (progress.kind === 'ready') return `${progress.object} ready`;
  return `${progress.code}: trying again in ${progress.pauseMs / 1000} s`;
}

/** What the suites of a run are made of. */
export async function planRunSuites(
  performance: Performance,
  plan: Plan,
  images: PlanSuitesInput['images'],
): Promise<PlannedSuite[]> {
  const { stage, recorder, source, signal } = performance;
  const own = await findOwnPackages({
    suites: plan.config.suites,
    tree: foldersOf(stage, recorder.run.id).tree,
    // By it a stranger's tests would have the way out that their environment has not.
    buildProxy: recorder.run.trusted ? stage.buildProxy : 'closed',
    changedFiles: () => source.changedFiles(signal),
  });
  const edited = plan.suites.filter((suite) => suite.modified).map((suite) => suite.name);
  return planSuites({
    suites: plan.config.suites,
    modified: new Set([...edited, ...own.modified]),
    images,
    runId: recorder.run.id,
    egress: plan.config.application.egress,
    packages: own.packages,
  });
}

interface Parts {
  images: RunImages;
  suites: PlannedSuite[];
  secrets: Record<string, SecretData>;
  pullSecret: EnvironmentSpec['pullSecret'];
  egressCidrs: Record<string, string[]>;
}

function specOf({ stage, recorder }: Performance, plan: Plan, parts: Parts) {
  const { images, suites, secrets, pullSecret, egressCidrs } = parts;
  const { run } = recorder;
  const compiled = compileEnvironment({
    config: plan.config,
    rendered: images.rendered,
    images: images.images,
    defaultRegistry: stage.registry.address,
    suites: suites.map((suite) => suite.pod),
    name: run.environmentName,
    owner: ownerOf(stage, run),
    trusted: run.trusted,
    secrets,
    egressCidrs,
    ceilings: stage.ceilings,
    pullSecret,
    preview: stage.preview,
    podTemplate: stage.podTemplate,
  });
  if ('spec' in compiled) return compiled.spec;
  throw new RunError('compiling the environment', {
    code: 'APPLICATION_INVALID',
    remedy: 'fix-input',
    problems: compiled.problems,
  });
}

const remedies: Record<NotReady['class'], string> = {
  product: 'Mend the change: the lines below are what its own container and the cluster said.',
  infrastructure: 'Run it again; nothing speaks against the change.',
  environment: 'See what the environment lacks, then run it again.',
};

function failureOf(notReady: NotReady): Failure {
  const { class: fault, code, object, message, evidence } = notReady;
  return {
    class: fault,
    code,
    message: message.includes(object) ? message : `${object}: ${message}`,
    remedy: remedies[fault],
    evidence,
  };
}
