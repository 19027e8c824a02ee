import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { provisionEnvironment } from '../../src/environment/environment.ts';
import { apiRequest } from '../../src/kubernetes/api-request.ts';
import { aClusterSpec, aProgram, clear, type Fixture, openFixture, serving } from './cluster-fixture.ts';

const signal = AbortSignal.timeout(300_000);
let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => rm(fixture.folder, { recursive: true, force: true }));

/** Nobody answers at the host: the cluster has no ingress controller. What the API server thinks of the objects is real. */
test('the API server takes the Ingress and the hole, and the receipt names them as gone', async () => {
  const plain = aClusterSpec(aProgram(fixture.image, 'web', 8080, serving(8080)));
  const host = `${plain.name}.preview.test`;
  const spec = { ...plain, preview: { host, scheme: 'https' as const, ingressClass: 'nginx' } };
  const { kubernetes, pulumi } = fixture;
  const ingressPath = `/apis/networking.k8s.io/v1/namespaces/${spec.name}/ingresses/greenroom`;
  const policyPath = `/apis/networking.k8s.io/v1/namespaces/${spec.name}/networkpolicies/greenroom-from-preview`;

  const provisioned = await provisionEnvironment({ kubernetes, pulumi, spec, deadlineMs: 120_000, signal });
  const ingress = await apiRequest(kubernetes, { path: ingressPath, signal });
  const policy = await apiRequest(kubernetes, { path: policyPath, signal });
  const receipt = await clear(fixture, spec);
  const after = await apiRequest(kubernetes, { path: ingressPath, signal });

  expect(provisioned).toMatchObject({ ready: true, outputs: { previewUrl: `https://${host}` } });
  expect(ingress).toMatchObject({
    status: 200,
    body: {
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: [host] }],
        rules: [{ host, http: { paths: [{ pathType: 'Prefix', backend: { service: { name: 'web' } } }] } }],
      },
    },
  });
  expect(policy).toMatchObject({ status: 200, body: { spec: { ingress: [{ ports: [{ port: 8080 }] }] } } });
  expect(receipt).toMatchObject({ status: 'gone', blockedBy: [] });
  expect(receipt.gone.map((object) => `${object.kind}/${object.name}`)).toEqual(
    expect.arrayContaining(['Ingress/greenroom', 'NetworkPolicy/greenroom-from-preview']),
  );
  expect(after.status).toBe(404);
});
