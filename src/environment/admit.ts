import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { labelPrefix } from '../../infra/labels.ts';
import type { Problem } from '../errors.ts';
import { admitPodSpec, type KnownSecrets } from './admit-pod.ts';
import { isOurName } from './operator-secrets.ts';
import { list, mapping, type Path, type Refuse, refusalsOf } from './refusal.ts';
import { admitRestricted, type ImageRule } from './restricted-pod.ts';
import type { SourcedObject } from './sources/sourced-object.ts';

/** Kinds that a change may bring (DESIGN, "Provisioning"), each in the versions that we know how to check. */
const allowed: Record<string, string[]> = {
  Deployment: ['apps/v1'],
  StatefulSet: ['apps/v1'],
  Job: ['batch/v1'],
  CronJob: ['batch/v1'],
  Service: ['v1'],
  ConfigMap: ['v1'],
  Secret: ['v1'],
  PersistentVolumeClaim: ['v1'],
  HorizontalPodAutoscaler: ['autoscaling/v2', 'autoscaling/v1'],
  PodDisruptionBudget: ['policy/v1'],
};

/** Kinds that people try, with what to do instead. */
const instead: Record<string, string> = {
  Namespace: 'Greenroom makes the namespaces; leave it out',
  NetworkPolicy: 'isolation is Greenroom\'s; declare "application.egress" for what the application must reach',
  Ingress: 'suites reach the application inside the cluster; name its Service as "application.entry"',
  Role: 'pods have no rights in the cluster',
  RoleBinding: 'pods have no rights in the cluster',
  ClusterRole: 'pods have no rights in the cluster',
  ClusterRoleBinding: 'pods have no rights in the cluster',
  ServiceAccount: 'every pod runs as an account without rights',
  Pod: 'use a Deployment or a Job',
  DaemonSet: 'use a Deployment',
};

export interface AdmissionRules {
  /** Kinds beyond the list that the operator named: `Kind` or `Kind.group`. */
  extraKinds: readonly string[];
  /** Secrets that the operator has put up for this change; null before the cluster was asked. */
  putUp: readonly string[] | null;
  /** The change comes from a fork; null: it is trusted. */
  restricted: ImageRule | null;
}

/** PURE. Everything that is wrong with a change's objects, all at once; empty when they may be deployed. */
export function admit(sources: SourcedObject[], rules: AdmissionRules): Problem[] {
  const problems: Problem[] = [];
  const declared = sources.filter(({ object }) => object.kind === 'Secret').map(({ object }) => object.metadata.name);
  const secrets = { declared: new Set(declared), putUp: rules.putUp };
  const seen = new Set<string>();
  for (const source of sources) {
    const refuse = refusalsOf(source, problems);
    const { object } = source;
    if (!isAllowed(object, rules.extraKinds)) {
      const { kind, apiVersion } = object;
      refuse([], `the kind ${kind} (${apiVersion}) is not among those that a change may bring`, instead[kind]);
      continue;
    }
    const id = `${object.kind}/${object.metadata.name}`;
    if (seen.has(id)) refuse(['metadata', 'name'], 'is declared twice');
    seen.add(id);
    admitMetadata(object.metadata, ['metadata'], refuse);
    admitKind(object, secrets, refuse);
    if (rules.restricted !== null) admitRestricted(object, rules.restricted, refuse);
  }
  return problems;
}

function isAllowed({ apiVersion, kind }: KubernetesObject, extraKinds: readonly string[]): boolean {
  if (allowed[kind]?.includes(apiVersion)) return true;
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return extraKinds.includes(kind) || extraKinds.includes(`${kind}.${group}`);
}

function admitKind(object: KubernetesObject, secrets: KnownSecrets, refuse: Refuse): void {
  const spec = mapping(object.spec);
  if (object.kind === 'Service') admitService(spec, refuse);
  if (object.kind === 'Secret') admitSecret(object, refuse);
  if (object.kind === 'PersistentVolumeClaim') admitClaim(spec, ['spec'], refuse);
  const claims = list(spec.volumeClaimTemplates);
  claims.forEach((claim, index) => {
    const path = ['spec', 'volumeClaimTemplates', index];
    admitMetadata(mapping(claim.metadata), [...path, 'metadata'], refuse);
    admitClaim(mapping(claim.spec), [...path, 'spec'], refuse);
  });
  const jobSpec = mapping(mapping(spec.jobTemplate).spec);
  if (spec.jobTemplate)
    admitMetadata(mapping(mapping(spec.jobTemplate).metadata), ['spec', 'jobTemplate', 'metadata'], refuse);
  admitTemplate(spec.template, ['spec', 'template'], secrets, refuse);
  admitTemplate(jobSpec.template, ['spec', 'jobTemplate', 'spec', 'template'], secrets, refuse);
}

function admitTemplate(template: unknown, path: Path, secrets: KnownSecrets, refuse: Refuse): void {
  if (template === undefined) return;
  const { metadata, spec } = mapping(template);
  admitMetadata(mapping(metadata), [...path, 'metadata'], refuse);
  admitPodSpec(mapping(spec), [...path, 'spec'], secrets, refuse);
}

function admitMetadata(metadata: object, path: Path, refuse: Refuse): void {
  const { name, namespace, labels, annotations, finalizers, ownerReferences } = mapping(metadata);
  if (typeof name === 'string' && !/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name))
    refuse([...path, 'name'], `"${name}" is no DNS name`);
  if (typeof name === 'string' && isOurName(name))
    refuse([...path, 'name'], 'names that start with "greenroom" are Greenroom\'s own');
  if (namespace !== undefined) {
    refuse(
      [...path, 'namespace'],
      `names the namespace "${String(namespace)}"`,
      'leave "namespace" out: every environment has its own',
    );
  }
  if (finalizers !== undefined) refuse([...path, 'finalizers'], 'finalizers would keep the environment from going');
  if (ownerReferences !== undefined) refuse([...path, 'ownerReferences'], "ownerReferences are Kubernetes' own");
  for (const [field, entries] of [
    ['labels', labels],
    ['annotations', annotations],
  ] as const) {
    for (const key of Object.keys(mapping(entries))) {
      if (key.startsWith(labelPrefix)) refuse([...path, field, key], `the prefix "${labelPrefix}" is Greenroom's own`);
      if (key.startsWith('pulumi.com/'))
        refuse([...path, field, key], 'the prefix "pulumi.com/" would steer the deployment itself');
    }
  }
}

function admitService(spec: Record<string, unknown>, refuse: Refuse): void {
  const path = ['spec'];
  if (spec.type !== undefined && spec.type !== 'ClusterIP') {
    refuse(
      [...path, 'type'],
      `is of type ${String(spec.type)}; only ClusterIP is allowed`,
      'suites reach it inside the cluster',
    );
  }
  for (const field of [
    'externalIPs',
    'externalName',
    'loadBalancerIP',
    'loadBalancerClass',
    'loadBalancerSourceRanges',
  ]) {
    if (spec[field] !== undefined) refuse([...path, field], `"${field}" would open a way from outside`);
  }
  list(spec.ports).forEach((port, index) => {
    if (port.nodePort !== undefined)
      refuse([...path, 'ports', index, 'nodePort'], '"nodePort" would open a way from outside');
  });
}

function admitSecret(object: KubernetesObject, refuse: Refuse): void {
  const type = String(object.type ?? 'Opaque');
  if (/^(kubernetes\.io\/service-account-token|bootstrap\.kubernetes\.io\/token)$/.test(type)) {
    refuse(['type'], `a Secret of type ${type} would be filled with a token of the cluster`);
  }
}

function admitClaim(spec: Record<string, unknown>, path: Path, refuse: Refuse): void {
  for (const field of ['volumeName', 'selector', 'dataSource', 'dataSourceRef']) {
    if (spec[field] !== undefined)
      refuse([...path, field], `"${field}" would take a volume or data that is not this environment's`);
  }
}
