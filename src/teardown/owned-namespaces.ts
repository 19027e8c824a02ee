import { annotations, labels } from '../../infra/labels.ts';
import { apiGet, type ClusterApi } from '../kubernetes/api-request.ts';

export interface NamespaceCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** A namespace object, as far as we read it. */
export interface Namespace {
  metadata: {
    name: string;
    uid: string;
    deletionTimestamp?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  status?: { phase?: string; conditions?: NamespaceCondition[] };
}

/** All namespaces of one run, from their labels: the only memory that the sweep trusts. */
export interface OwnedEnvironment {
  /** The application's namespace, or what its name must have been. */
  name: string;
  instance: string;
  runId: string;
  changeId: string;
  /** Epoch seconds; NaN when the label cannot be read. */
  expiresAt: number;
  repository: string;
  changeNumber: number | null;
  namespaces: { name: string; uid: string; terminating: boolean }[];
}

/**
 * Namespaces with our instance's label, and no others, ever.
 * @throws RunError CLUSTER_UNREACHABLE or CLUSTER_REFUSED
 */
export async function listOwnedNamespaces(
  kubernetes: ClusterApi,
  instance: string,
  runId: string | null,
  signal: AbortSignal,
): Promise<Namespace[]> {
  const selector = [`${labels.instance}=${instance}`, ...(runId === null ? [] : [`${labels.run}=${runId}`])].join(',');
  const path = `/api/v1/namespaces?labelSelector=${encodeURIComponent(selector)}`;
  const { items } = await apiGet<{ items: Namespace[] }>(kubernetes, path, signal);
  // A second look at what the server was asked for: deletion must not hang on a selector alone.
  return items.filter(({ metadata }) => metadata.labels?.[labels.instance] === instance);
}

/** PURE. Namespaces put together to environments by their run. */
export function environmentsOf(namespaces: Namespace[]): OwnedEnvironment[] {
  const byRun = Map.groupBy(
    namespaces,
    ({ metadata }) => metadata.labels?.[labels.run] ?? `namespace ${metadata.name}`,
  );
  return [...byRun].flatMap(([runId, members]) => {
    const first = members[0]?.metadata;
    if (!first) return [];
    const notes = first.annotations ?? {};
    const number = Number(notes[annotations.changeNumber] || Number.NaN);
    return {
      name: environmentNameOf(first.name, first.labels?.[labels.role]),
      instance: first.labels?.[labels.instance] ?? '',
      runId,
      changeId: first.labels?.[labels.change] ?? '',
      expiresAt: Number.parseInt(first.labels?.[labels.expiresAt] ?? '', 10),
      repository: notes[annotations.repository] ?? '',
      changeNumber: Number.isInteger(number) ? number : null,
      namespaces: members.map(({ metadata }) => ({
        name: metadata.name,
        uid: metadata.uid,
        terminating: metadata.deletionTimestamp !== undefined,
      })),
    };
  });
}

function environmentNameOf(namespace: string, role: string | undefined): string {
  const suffix = role === 'suites' || role === 'build' ? `-${role}` : '';
  return namespace.endsWith(suffix) ? namespace.slice(0, namespace.length - suffix.length) : namespace;
}
