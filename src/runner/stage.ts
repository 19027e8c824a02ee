import type { PulumiAccess } from '../environment/pulumi-operations.ts';
import type { RegistryAccess } from '../image/registry-access.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { Log } from '../log.ts';
import type { Run } from '../run/run.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import type { Bell } from './bell.ts';
import type { Fences } from './policies/fences.ts';

/** What the operator allows an environment at most. */
export interface Ceilings {
  /** Kubernetes quantities. */
  maxCpu: string;
  maxMemory: string;
  maxTtlMs: number;
  allowedKinds: readonly string[];
  /** `host:port`, `*` allowed in the host. */
  allowedEgress: readonly string[];
  /** `host` or `host/path`: where the images of changes from forks may come from. */
  allowedRegistries: readonly string[];
}

/** Where runs are played: one cluster, one registry, one data folder. Values, no behaviour of ours to replace. */
export interface Stage {
  log: Log;
  now: () => Date;
  dataDir: string;
  instance: string;
  kubernetes: Kubernetes;
  registry: RegistryAccess;
  pulumi: PulumiAccess;
  /** Where the files that suites leave are kept. */
  artifacts: ArtifactStore;
  /** Images that suites run in, by digest; made on first use. */
  runnerImages: (signal: AbortSignal) => Promise<{ runner: string; browser: string }>;
  builderImage: (signal: AbortSignal) => Promise<string>;
  buildProxy: string | null;
  podTemplate: { nodeSelector?: Record<string, string>; tolerations?: unknown[] } | null;
  /** A docker config for the nodes' pulls, or null; read anew for each use, since registries' passwords change. */
  pullSecret: (signal: AbortSignal) => Promise<{ dockerConfigJson: string } | null>;
  /** Where the operator puts up Secrets for changes. */
  secretsNamespace: string;
  /** Under which hosts people reach environments, or null. */
  preview: { domain: string; scheme: 'http' | 'https'; ingressClass: string | null } | null;
  ceilings: Ceilings;
  /** Null: the cluster's node is our own, and enforces NetworkPolicies. */
  fences: Fences | null;
  /** Rung by events of which nothing follows but an earlier look. */
  bell: Bell;
  /** Told of every change to a run that this process plays: the console, the live page. Must not throw. */
  onUpdate: (run: Run) => void;
  /** A line of progress for people. */
  onLine: (runId: string, source: string, line: string) => void;
}

/** Where a run's files stand in the data folder while it is played: the change's, and what its suites left, all of them in `work`. */
export function foldersOf(
  { dataDir }: Pick<Stage, 'dataDir'>,
  runId: string,
): { work: string; tree: string; outputs: string } {
  const work = `${workFolder(dataDir)}/${runId}`;
  return { work, tree: `${work}/tree`, outputs: `${work}/outputs` };
}

/** Has one folder for each run that is played on this machine. */
export function workFolder(dataDir: string): string {
  return `${dataDir}/work`;
}
