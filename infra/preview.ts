import type { EnvironmentSpec, KubernetesObject } from './environment-spec.ts';
import { ownershipLabels } from './labels.ts';
import { namespaceNameOf } from './namespace.ts';

/** The way in for people: one host of the preview domain, to the entry. With `https` the controller shows its own certificate. */
export function previewIngress(spec: EnvironmentSpec): KubernetesObject[] {
  const { preview, entry } = spec;
  if (preview === null) return [];
  const { host, ingressClass } = preview;
  const backend = { service: { name: entry.service, port: { number: entry.port } } };
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        name: 'greenroom',
        namespace: namespaceNameOf(spec, 'application'),
        labels: ownershipLabels(spec.owner),
      },
      spec: {
        ...(ingressClass === null ? {} : { ingressClassName: ingressClass }),
        ...(preview.scheme === 'https' ? { tls: [{ hosts: [host] }] } : {}),
        rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      },
    },
  ];
}

/** What the entry's Service sends traffic to. */
export interface EntryTarget {
  podLabels: Record<string, string>;
  /** A number, or the name of a container's port. */
  port: number | string;
  protocol: string;
}

interface ServiceSpec {
  selector?: Record<string, string>;
  ports?: { port: number; targetPort?: number | string; protocol?: string }[];
}

/** Policies speak of pods and their ports, Services of their own; null where the Service selects nothing. */
export function entryTarget({ objects, entry }: EnvironmentSpec): EntryTarget | null {
  const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === entry.service);
  const { selector = {}, ports = [] } = (service?.spec ?? {}) as ServiceSpec;
  const found = ports.find(({ port }) => port === entry.port);
  if (!found || Object.keys(selector).length === 0) return null;
  return { podLabels: selector, port: found.targetPort ?? found.port, protocol: found.protocol ?? 'TCP' };
}
