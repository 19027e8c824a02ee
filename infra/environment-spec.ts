import type { Ownership } from './labels.ts';

/** A Kubernetes object as data; checked and hardened before it gets here. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [field: string]: unknown;
}

/** What the runner pod of one suite is made of. `src/suites/` compiles it; `infra/` makes the Job. */
export interface SuitePodSpec {
  /** DNS-1123 label; the Job's name. */
  name: string;
  kind: 'smoke' | 'e2e' | 'load';
  /** Runner image by digest. */
  image: string;
  /** Completions and parallelism of the Indexed Job. */
  shards: number;
  env: Record<string, string>;
  resources: { requests: { cpu: string; memory: string }; limits: { cpu?: string; memory: string } };
  /** The Job's activeDeadlineSeconds: a floor under our own deadlines. */
  deadlineSeconds: number;
  /** `host:port` pairs beyond the application, already capped by the operator. */
  egress: string[];
  /** The operator's proxy, where the suite has npm packages to fetch. */
  packagesFrom?: EgressRule;
}

export interface EgressRule {
  host: string;
  port: number;
  /** CIDRs that the operator or a look-up gave for the host; empty means any address on that port. */
  cidrs: string[];
}

/**
 * Everything the Pulumi program needs, as one JSON document: a forked child reads it from a file. No secrets of ours.
 */
export interface EnvironmentSpec {
  /** The application's namespace; the suites' is `<name>-suites`. DNS-1123 label of at most 50 characters, never used before. */
  name: string;
  owner: Ownership;
  /** Pod Security level of the application's namespace; the suites' is always `restricted`. */
  podSecurity: 'baseline' | 'restricted';
  entry: { service: string; port: number };
  /** The application: allow-listed, with images by digest, labels, no tokens, in order of declaration. */
  objects: KubernetesObject[];
  /** Jobs that run to completion before the application counts as ready; objects of kind Job, in order. */
  before: KubernetesObject[];
  suites: SuitePodSpec[];
  quota: {
    cpu: string;
    memory: string;
    pods: number;
    /** Of volumes that outlive their pod; 10 when absent. */
    claims?: number;
    /** What these may ask for together; absent: no ceiling. */
    storage?: string;
    /** What each container may write beside its volumes; absent: 2Gi, and up to 10Gi where it says so. */
    scratch?: string;
  };
  egress: EgressRule[];
  /** Name of a docker-registry Secret's data (base64 of config.json) for pulling, or null. */
  pullSecret: { dockerConfigJson: string } | null;
  /** Where people reach the entry from outside, or null: nowhere. */
  preview: { host: string; scheme: 'http' | 'https'; ingressClass: string | null } | null;
  /** Operator's pod template: node selector and tolerations for every pod. */
  podTemplate: { nodeSelector?: Record<string, string>; tolerations?: unknown[] } | null;
  /** The cluster's DNS domain; `cluster.local` when absent. */
  clusterDomain?: string;
}

/** Stack outputs. */
export interface EnvironmentOutputs {
  namespace: string;
  suitesNamespace: string;
  /** `http://<service>.<namespace>.svc.<cluster domain>:<port>`: reachable inside the cluster. */
  url: string;
  /** `https://<namespace>.<preview domain>`: where people reach it, or null. */
  previewUrl: string | null;
}

export function suitesNamespaceOf(name: string): string {
  return `${name}-suites`;
}
