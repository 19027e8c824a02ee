import { expect, test } from 'vitest';
import type { ApiRequest, ClusterApi } from '../../src/kubernetes/api-request.ts';
import { missingRights } from '../../src/kubernetes/missing-rights.ts';

interface Asked {
  spec: { resourceAttributes: { group: string; resource: string; subresource: string; verb: string } };
}

/** An API server that grants all but what `refuses` says. */
function aCluster(refuses: (asked: Asked['spec']['resourceAttributes']) => boolean, status = 201): ClusterApi {
  return {
    context: 'theirs',
    server: 'https://cluster.test',
    request: async ({ path, body }: ApiRequest) => {
      expect(path).toBe('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews');
      return { status, body: { status: { allowed: !refuses((body as Asked).spec.resourceAttributes) } } };
    },
  };
}

const { signal } = new AbortController();

test('whoever may do all of it lacks nothing', async () => {
  expect(
    await missingRights(
      aCluster(() => false),
      signal,
    ),
  ).toEqual([]);
});

test('what is lacking is named as kubectl names it', async () => {
  const cluster = aCluster(
    ({ resource, subresource, verb }) => subresource === 'exec' || (resource === 'deployments' && verb === 'patch'),
  );

  expect(await missingRights(cluster, signal)).toEqual(['patch deployments.apps', 'create pods/exec', 'get pods/exec']);
});

test('a cluster that does not say so is not taken to allow it', async () => {
  await expect(
    missingRights(
      aCluster(() => false, 403),
      signal,
    ),
  ).rejects.toMatchObject({ code: 'CLUSTER_REFUSED' });
});
