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
import type { ImageRule } from './restricted-pod.ts';
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
  ceilings: {
    maxCpu: string;
    maxMemory: string;
    allowedKinds: readonly string[];
    allowedEgress: readonly string[];
    allowedRegistries: readonly string[];
  };
  /** CIDRs by host, where known. Of a change from a fork, egress to all others stays closed. */
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
/** In a stranger's: a small room, whatever it asks for. */
const strangersRoom = { pods: 20, claims: 2, storage: '2Gi', scratch: '1Gi' };

/** PURE. Everything that can be wrong with an application, found at once and before its images are looked for. */
export function problemsOf(
  plan: Pick<EnvironmentPlan, 'config' | 'rendered'> & {
    ceilings: Pick<EnvironmentPlan['ceilings'], 'allowedKinds' | 'allowedEgress'>;
    /** Names of the operator's Secrets for this change; null before the cluster was asked. */
    putUp: readonly string[] | null;
    /** The change comes from a fork; null: it is trusted. */
    restricted: ImageRule | null;
  },
): Problem[] {
  const { config, ceilings, restricted } = plan;
  const sources = [...plan.rendered, ...objectsOfBefore(config.application.before)];
  // What other controllers make of those kinds, they make with their own rights: not for strangers.
  const extraKinds = restricted === null ? ceilings.allowedKinds : [];
  const rules = { extraKinds, putUp: plan.putUp, restricted };
  return [
    ...admit(sources, rules),
    ...entryProblems(config.application.entry, plan.rendered),
    ...egressProblems(config.application.egress, ceilings.allowedEgress),
  ];
}

/** Which images a change from a fork may run: `config` is the base branch's. */
export function imageRuleOf(
  { application }: RepositoryConfig,
  registries: readonly string[],
  defaultRegistry: string,
): ImageRule {
  const { services = [], before, images } = application;
  const named = [...images.map(({ name }) => name), ...[...services, ...before].map(({ image }) => image)];
  return { named, registries, defaultRegistry };
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
  const rule = imageRuleOf(plan.config, plan.ceilings.allowedRegistries, plan.defaultRegistry);
  const problems = problemsOf({ ...plan, putUp: Object.keys(plan.secrets), restricted: plan.trusted ? null : rule });
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
      suites: suites.map((suite) => ({ ...suite, egress: openTo(plan, suite.egress) })),
      quota: {
        cpu: lesser(config.limits.cpu, plan.ceilings.maxCpu),
        memory: lesser(config.limits.memory, plan.ceilings.maxMemory),
        pods: maxPods,
        ...(trusted ? {} : strangersRoom),
      },
      egress: openTo(plan, config.application.egress).map((rule) => egressRule(rule, plan.egressCidrs ?? {})),
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

/** A policy knows no names: to let a stranger out to a host of unknown address would let it out to all. */
function openTo({ trusted, egressCidrs = {} }: EnvironmentPlan, rules: readonly string[]): string[] {
  return rules.filter((rule) => trusted || (egressCidrs[hostOf(rule)] ?? []).length > 0);
}

function hostOf(rule: string): string {
  return rule.slice(0, rule.lastIndexOf(':'));
}

function egressRule(rule: string, cidrs: Record<string, string[]>): EgressRule {
  const host = hostOf(rule);
  return { host, port: Number(rule.slice(host.length + 1)), cidrs: cidrs[host] ?? [] };
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
