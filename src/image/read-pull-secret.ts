import { RunError } from '../errors.ts';
import { apiRequest } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { DockerConfig } from './registry-credentials.ts';

/** A Secret of the cluster that holds what the nodes pull images with. */
export interface PullSecretName {
  namespace: string;
  name: string;
}

export interface PullSecret {
  /** The Secret's content, in base64. */
  dockerConfigJson: string;
  /** Those that it has credentials for. */
  registries: string[];
}

/** A Secret as the API server shows it, or its status. */
interface Answer {
  type?: string;
  data?: Record<string, string>;
  message?: string;
}

const wantedType = 'kubernetes.io/dockerconfigjson';
const key = '.dockerconfigjson';

/** @throws RunError PULL_SECRET_UNUSABLE (fix-input), CLUSTER_UNREACHABLE (retry) */
export async function readPullSecret(
  kubernetes: Kubernetes,
  wanted: PullSecretName,
  signal: AbortSignal,
): Promise<PullSecret> {
  const path = `/api/v1/namespaces/${wanted.namespace}/secrets/${wanted.name}`;
  const { status, body } = await apiRequest<Answer>(kubernetes, { path, signal });
  const content = body.data?.[key] ?? '';
  const registries = registriesIn(content);
  const why = whyUnusable(status, body, registries);
  if (why === null) return { dockerConfigJson: content, registries };
  const { namespace, name } = wanted;
  throw new RunError(`reading the pull secret "${namespace}/${name}", which ${why}`, {
    code: 'PULL_SECRET_UNUSABLE',
    remedy: status < 500 && status !== 429 ? 'fix-input' : 'retry',
    hint: `"kubectl -n ${namespace} create secret docker-registry ${name} ..." makes one; GREENROOM_PULL_SECRET names it as namespace/name.`,
    evidence: status === 200 ? [] : [String(body.message ?? '').slice(0, 500)],
  });
}

function whyUnusable(status: number, { type }: Answer, registries: string[]): string | null {
  if (status === 404) return 'is not there';
  if (status === 401 || status === 403) return "Greenroom's user may not get";
  if (status !== 200) return `the cluster answered with ${status}`;
  if (type !== wantedType) return `is of type ${type}, not ${wantedType}`;
  return registries.length === 0 ? 'holds no credentials of a registry under "auths"' : null;
}

function registriesIn(content: string): string[] {
  try {
    return Object.keys(DockerConfig.parse(JSON.parse(Buffer.from(content, 'base64').toString())).auths);
  } catch {
    return [];
  }
}
