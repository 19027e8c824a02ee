import { RunError } from '../errors.ts';
import { apiRequest, type ClusterApi } from './api-request.ts';
import { neededRights } from './needed-rights.ts';

interface Right {
  group: string;
  resource: string;
  verb: string;
}

const atATime = 10;
const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * What this user lacks of what Greenroom needs, such as `create deployments.apps`; asked of the cluster itself, in every namespace.
 * @throws RunError CLUSTER_UNREACHABLE, CLUSTER_REFUSED
 */
export async function missingRights(cluster: ClusterApi, signal: AbortSignal): Promise<string[]> {
  const all = neededRights.flatMap(({ group, resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb): Right => ({ group, resource, verb }))),
  );
  const missing: string[] = [];
  for (let at = 0; at < all.length; at += atATime) {
    const some = all.slice(at, at + atATime);
    const allowed = await Promise.all(some.map((right) => isAllowed(cluster, right, signal)));
    missing.push(...some.filter((_, index) => !allowed[index]).map(wordsOf));
  }
  return missing;
}

async function isAllowed(cluster: ClusterApi, right: Right, signal: AbortSignal): Promise<boolean> {
  const [resource = '', subresource = ''] = right.resource.split('/');
  const { status, body } = await apiRequest<{ status?: { allowed?: boolean } }>(cluster, {
    method: 'POST',
    path,
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { group: right.group, resource, subresource, verb: right.verb } },
    },
    signal,
  });
  if (status === 200 || status === 201) return body.status?.allowed === true;
  throw new RunError(`asking the cluster "${cluster.context}" for one's own rights, which it answered with ${status}`, {
    code: 'CLUSTER_REFUSED',
    remedy: 'retry',
    evidence: [JSON.stringify(body).slice(0, 500)],
  });
}

function wordsOf({ group, resource, verb }: Right): string {
  return `${verb} ${group === '' ? resource : `${resource}.${group}`}`;
}
