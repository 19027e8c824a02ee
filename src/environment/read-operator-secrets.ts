import { RunError } from '../errors.ts';
import { apiRequest } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { putUpFor, type SecretNote, stubsOf } from './operator-secrets.ts';

/** Where the operator puts Secrets up, and for whom we ask. */
export interface SecretsRequest {
  kubernetes: Kubernetes;
  /** The operator's namespace for them. */
  namespace: string;
  repository: string;
  /** A change that is not trusted gets the keys, and a stub in place of each value. */
  trusted: boolean;
}

/** Values in base64, by key. */
export type SecretData = Record<string, string>;

const metadataType = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/**
 * Names of the Secrets that this change may use. No value is read for it.
 * @throws RunError SECRETS_UNREADABLE, CLUSTER_UNREACHABLE
 */
export async function listOperatorSecrets(request: SecretsRequest, signal: AbortSignal): Promise<string[]> {
  const listed = await ask<{ items: { metadata: SecretNote }[] | null }>(request, '', signal, metadataType);
  // The API server writes an empty list of metadata as null.
  const notes = (listed?.items ?? []).map(({ metadata }) => metadata);
  return putUpFor(request.repository, notes);
}

/**
 * The values of those among `names` that this change may use, by Secret; no others are read.
 * @throws RunError SECRETS_UNREADABLE, CLUSTER_UNREACHABLE
 */
export async function readOperatorSecrets(
  request: SecretsRequest,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, SecretData>> {
  if (names.length === 0) return {};
  const putUp = await listOperatorSecrets(request, signal);
  const read = names
    .filter((name) => putUp.includes(name))
    .map(async (name) => {
      const secret = await ask<{ data?: SecretData }>(request, `/${name}`, signal);
      const { data = {} } = secret ?? {};
      return secret === null ? [] : [[name, request.trusted ? data : stubsOf(data)] as const];
    });
  return Object.fromEntries((await Promise.all(read)).flat());
}

/** Null where there is no such thing: a Secret may go between two looks. */
async function ask<T>(
  { kubernetes, namespace }: SecretsRequest,
  path: string,
  signal: AbortSignal,
  accept?: string,
): Promise<T | null> {
  const { status, body } = await apiRequest<T & { message?: string }>(kubernetes, {
    path: `/api/v1/namespaces/${namespace}/secrets${path}`,
    signal,
    ...(accept === undefined ? {} : { accept }),
  });
  if (status === 200) return body;
  if (status === 404) return null;
  const isForbidden = status === 401 || status === 403;
  throw new RunError(`reading the Secrets in the namespace "${namespace}", which the cluster answered with ${status}`, {
    code: 'SECRETS_UNREADABLE',
    remedy: isForbidden ? 'fix-input' : 'retry',
    hint: isForbidden
      ? `The operator lets Greenroom's user get and list Secrets in "${namespace}", or names another namespace by GREENROOM_SECRETS_NAMESPACE.`
      : 'See the evidence for what the API server said.',
    evidence: [String(body.message ?? '').slice(0, 500)],
  });
}
