import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { serviceAccountName } from '../../infra/isolation.ts';
import { type Json, list, mapping } from './refusal.ts';

export interface Hardening {
  /** Ours, on every object and every pod. */
  labels: Record<string, string>;
  /** The change is not trusted: pods must fit Pod Security `restricted`. */
  restricted: boolean;
  podTemplate: { nodeSelector?: Record<string, string>; tolerations?: unknown[] } | null;
}

/** PURE. An admitted object as it is deployed: with our labels, without a token, with the defaults that isolation needs. */
export function harden(object: KubernetesObject, hardening: Hardening): KubernetesObject {
  const { metadata, spec, ...rest } = object;
  const labelled = { ...metadata, labels: { ...metadata.labels, ...hardening.labels } };
  if (spec === undefined) return { ...rest, metadata: labelled };
  return { ...rest, metadata: labelled, spec: hardenSpec(mapping(spec), hardening) };
}

function hardenSpec(spec: Json, hardening: Hardening): Json {
  // A finished Job is evidence; it goes with its namespace.
  const { ttlSecondsAfterFinished: _ttl, ...hardened } = spec;
  if (spec.template !== undefined) hardened.template = hardenTemplate(mapping(spec.template), hardening);
  if (spec.jobTemplate !== undefined) {
    const jobTemplate = mapping(spec.jobTemplate);
    hardened.jobTemplate = {
      ...jobTemplate,
      metadata: withLabels(jobTemplate.metadata, hardening),
      spec: hardenSpec(mapping(jobTemplate.spec), hardening),
    };
  }
  if (spec.volumeClaimTemplates !== undefined) {
    hardened.volumeClaimTemplates = list(spec.volumeClaimTemplates).map((claim) => ({
      ...claim,
      metadata: withLabels(claim.metadata, hardening),
    }));
  }
  return hardened;
}

function withLabels(metadata: unknown, { labels }: Hardening): Json {
  const own = mapping(metadata);
  return { ...own, labels: { ...mapping(own.labels), ...labels } };
}

function hardenTemplate(template: Json, hardening: Hardening): Json {
  const spec = mapping(template.spec);
  const { restricted, podTemplate } = hardening;
  const harden = (container: Json) => hardenContainer(container, restricted);
  return {
    ...template,
    metadata: withLabels(template.metadata, hardening),
    spec: {
      ...spec,
      ...podTemplate,
      serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        seccompProfile: { type: 'RuntimeDefault' },
        ...(restricted ? { runAsNonRoot: true } : {}),
        ...mapping(spec.securityContext),
      },
      // Teardown runs nothing of a stranger: no hook, and no time to plead.
      ...(restricted ? { terminationGracePeriodSeconds: 1 } : {}),
      ...(spec.initContainers === undefined ? {} : { initContainers: list(spec.initContainers).map(harden) }),
      containers: list(spec.containers).map(harden),
    },
  };
}

/** Defaults only: what a container asks for beyond them is judged before (`restricted-pod.ts`), and by Pod Security. */
function hardenContainer(container: Json, restricted: boolean): Json {
  if (!restricted) return container;
  const own = mapping(container.securityContext);
  const capabilities = { drop: ['ALL'], ...mapping(own.capabilities) };
  const hardened: Json = {
    ...container,
    securityContext: { allowPrivilegeEscalation: false, ...own, capabilities },
  };
  if (container.lifecycle !== undefined) {
    const { preStop: _hook, ...lifecycle } = mapping(container.lifecycle);
    hardened.lifecycle = lifecycle;
  }
  return hardened;
}
