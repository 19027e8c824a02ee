import type { EgressRule, EnvironmentSpec, KubernetesObject, SuitePodSpec } from '../../infra/environment-spec.ts';
import { type Ownership, ownershipLabels } from '../../infra/labels.ts';
import { quantityOf } from '../../infra/quantity.ts';
import type { RepositoryConfig } from '../config/repository-config.ts';
import type { Problem } from '../errors.ts';
import { replaceImages } from '../image/image-references.ts';
import type { ResolvedImage } from '../image/wait-for-image.ts';
import { admit } from './admit.ts';
import { harden } from './harden.ts';
import { secretsWanted } from './operator-secrets.ts';
import type { SecretData } from './read-operator-secrets.ts';
import { objectsOfBefore } from './sources/services.ts';
import type { SourcedObject } from './sources/sourced-object.ts';

/** All that an environment is compiled from. */
export interface EnvironmentPlan {
  config: RepositoryConfig;
  /** From `renderApplication`. */
  rendered: SourcedObject[];
  /** Every image of the objects, resolved. */
  images: readonly ResolvedImage[];
  defaultRegistry: string;
  suites: SuitePodSpec[];
  name: string;
  owner: Ownership;
  trusted: boolean;
  /** What the operator has put up for this change, by Secret's name. */
  secrets: Record<string, SecretData>;
  ceilings: { maxCpu: string; maxMemory: string; allowedKinds: readonly string[]; allowedEgress: readonly string[] };
  /** CIDRs by host, where known. */
  egressCidrs?: Record<string, string[]>;
  pullSecret: { dockerConfigJson: string } | null;
  /** The operator's preview domain; null: nobody reaches environments from outside. */
  preview: { domain: string; scheme: 'http' | 'https'; ingressClass: string | null } | null;
  podTemplate: EnvironmentSpec['podTemplate'];
  clusterDomain?: string;
}

const configFile = 'greenroom.yaml';
/** In an environment's application namespace, whatever the change says. */
export const maxPods = 60;

/** PURE. Everything that can be wrong with an application, found at once and before its images are looked for. */
export function problemsOf(
  plan: Pick<EnvironmentPlan, 'config' | 'rendered'> & {
    ceilings: Pick<EnvironmentPlan['ceilings'], 'allowedKinds' | 'allowedEgress'>;
    /** Names of the operator's Secrets for this change; null before the cluster was asked. */
    putUp: readonly string[] | null;
  },
): Problem[] {
  const { config, ceilings } = plan;
  const sources = [...plan.rendered, ...objectsOfBefore(config.application.before)];
  const rules = { extraKinds: ceilings.allowedKinds, putUp: plan.putUp };
  return [
    ...admit(sources, rules),
    ...entryProblems(config.application.entry, plan.rendered),
    ...egressProblems(config.application.egress, ceilings.allowedEgress),
  ];
}

/** The objects whose images must be known before `compileEnvironment`. */
export function imagedObjects(config: RepositoryConfig, rendered: SourcedObject[]): KubernetesObject[] {
  return [...rendered, ...objectsOfBefore(config.application.before)].map(({ object }) => object);
}

/**
 * PURE. The one document that the Pulumi program needs, or all problems. Jobs among the manifests run like `before`: to
 * their end, in order, before the application counts as ready.
 * @throws RunError IMAGE_UNRESOLVED (report-bug) when an image was not resolved before
 */
export function compileEnvironment(plan: EnvironmentPlan): { spec: EnvironmentSpec } | { problems: Problem[] } {
  const problems = problemsOf({ ...plan, putUp: Object.keys(plan.secrets) });
  if (problems.length > 0) return { problems };
  const { config, name, owner, trusted, podTemplate, pullSecret, suites, images, defaultRegistry } = plan;
  const labels = ownershipLabels(owner);
  const prepare = (objects: KubernetesObject[]) =>
    replaceImages(objects, images, defaultRegistry).map((object) =>
      harden(object, { labels, restricted: !trusted, podTemplate }),
    );
  const objects = plan.rendered.map(({ object }) => object);
  const isJob = (object: KubernetesObject) =>
    object.kind === 'Job' && (object.spec as { suspend?: boolean } | undefined)?.suspend !== true;
  const before = [...objects.filter(isJob), ...objectsOfBefore(config.application.before).map(({ object }) => object)];
  const application = objects.filter((object) => !isJob(object));
  return {
    spec: {
      name,
      owner,
      podSecurity: trusted ? 'baseline' : 'restricted',
      entry: config.application.entry,
      objects: prepare([...operatorSecrets(plan), ...application]),
      before: prepare(before),
      suites,
      quota: {
        cpu: lesser(config.limits.cpu, plan.ceilings.maxCpu),
        memory: lesser(config.limits.memory, plan.ceilings.maxMemory),
        pods: maxPods,
      },
      egress: config.application.egress.map((rule) => egressRule(rule, plan.egressCidrs ?? {})),
      pullSecret,
      preview: previewOf(plan),
      podTemplate,
      ...(plan.clusterDomain === undefined ? {} : { clusterDomain: plan.clusterDomain }),
    },
  };
}

function previewOf({ name, preview }: EnvironmentPlan): EnvironmentSpec['preview'] {
  if (preview === null) return null;
  const { domain, scheme, ingressClass } = preview;
  return { host: `${name}.${domain}`, scheme, ingressClass };
}

function entryProblems(entry: { service: string; port: number }, rendered: SourcedObject[]): Problem[] {
  const services = rendered.filter(({ object }) => object.kind === 'Service');
  const found = services.find(({ object }) => object.metadata.name === entry.service);
  if (!found) {
    const names = services.map(({ object }) => object.metadata.name).join(', ');
    const message = `application.entry names the service "${entry.service}", which does not exist`;
    return [
      {
        file: configFile,
        message,
        suggestion: names ? `there is ${names}` : 'there is no Service at all: give one a port',
      },
    ];
  }
  const ports = ((found.object.spec as { ports?: { port: number }[] } | undefined)?.ports ?? []).map(
    ({ port }) => port,
  );
  if (ports.includes(entry.port)) return [];
  const message = `application.entry names port ${entry.port} of "${entry.service}", which has no such port`;
  return [{ file: configFile, message, suggestion: `its ports: ${ports.join(', ') || 'none'}` }];
}

/** What the operator does not list is not opened, whoever declares it. */
function egressProblems(declared: string[], allowed: readonly string[]): Problem[] {
  return declared
    .filter((rule) => !allowed.some((pattern) => matches(pattern, rule)))
    .map((rule) => ({
      file: configFile,
      message: `application.egress "${rule}" is not among what the operator allows`,
      suggestion:
        allowed.length > 0 ? `allowed: ${allowed.join(', ')}` : 'the operator allows it by GREENROOM_ALLOWED_EGRESS',
    }));
}

/** `*` stands for any part of a host, and a whole port. */
function matches(pattern: string, rule: string): boolean {
  const expression = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^:]*');
  return new RegExp(`^${expression}$`, 'i').test(rule);
}

function egressRule(rule: string, cidrs: Record<string, string[]>): EgressRule {
  const at = rule.lastIndexOf(':');
  const host = rule.slice(0, at);
  return { host, port: Number(rule.slice(at + 1)), cidrs: cidrs[host] ?? [] };
}

/** Only those Secrets that the application names: the others are none of this environment's business. */
function operatorSecrets({ config, rendered, secrets }: EnvironmentPlan): KubernetesObject[] {
  const wanted = secretsWanted(imagedObjects(config, rendered));
  return Object.entries(secrets)
    .filter(([name]) => wanted.includes(name))
    .map(([name, data]) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, data }));
}

function lesser(wanted: string, ceiling: string): string {
  return quantityOf(wanted) <= quantityOf(ceiling) ? wanted : ceiling;
}
