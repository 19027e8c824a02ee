import { describe, expect, test } from 'vitest';
import { environmentOutputs, environmentRooms } from '../../infra/environment-rooms.ts';
import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import { aDeployment, aService, aSpec } from '../environment/builders.ts';

const host = 'gr-shop-7-r1.preview.test';
const preview = { host, scheme: 'https' as const, ingressClass: 'nginx' };

function objectsOf(kind: string, changes: Partial<EnvironmentSpec>): KubernetesObject[] {
  const { application, suites } = environmentRooms(aSpec(changes));
  const all = [application, suites].flatMap((room) => [...room.guards, ...room.passive, ...room.workloads]);
  return all.filter((object) => object.kind === kind);
}

function holes(changes: Partial<EnvironmentSpec>): KubernetesObject[] {
  return objectsOf('NetworkPolicy', changes).filter(({ metadata }) => metadata.name === 'greenroom-from-preview');
}

/** A Service whose port is not that of its pods. */
function serviceTo(targetPort: number | string, more: object = {}): KubernetesObject {
  const service = aService('web', 8080);
  return { ...service, spec: { ...(service.spec as object), ports: [{ port: 8080, targetPort }], ...more } };
}

describe('without a preview domain', () => {
  test('there is neither an Ingress, nor a hole, nor an address for people', () => {
    expect(objectsOf('Ingress', {})).toEqual([]);
    expect(holes({})).toEqual([]);
    expect(environmentOutputs(aSpec()).previewUrl).toBeNull();
  });
});

describe('with a preview domain', () => {
  test('the host leads to the entry, with TLS and of the class that was named', () => {
    expect(objectsOf('Ingress', { preview })).toMatchObject([
      {
        metadata: { name: 'greenroom', namespace: 'gr-shop-7-r1', labels: { 'greenroom.dev/run': 'r1' } },
        spec: {
          ingressClassName: 'nginx',
          tls: [{ hosts: [host] }],
          rules: [
            { host, http: { paths: [{ path: '/', backend: { service: { name: 'web', port: { number: 8080 } } } }] } },
          ],
        },
      },
    ]);
    expect(environmentOutputs(aSpec({ preview })).previewUrl).toBe(`https://${host}`);
  });

  test('without TLS and class, both are left to the controller', () => {
    const plain = { host, scheme: 'http' as const, ingressClass: null };

    expect(Object.keys(objectsOf('Ingress', { preview: plain })[0]?.spec as object)).toEqual(['rules']);
    expect(environmentOutputs(aSpec({ preview: plain })).previewUrl).toBe(`http://${host}`);
  });

  test.each([
    ['as the Service', aService('web', 8080), 8080],
    ['a number', serviceTo(3000), 3000],
    ['a name', serviceTo('http'), 'http'],
  ])('the hole is the port of the entry’s pods: %s', (_title, service, port) => {
    expect(holes({ preview, objects: [aDeployment('web'), service] })).toMatchObject([
      {
        metadata: { namespace: 'gr-shop-7-r1' },
        spec: {
          podSelector: { matchLabels: { app: 'web' } },
          policyTypes: ['Ingress'],
          ingress: [{ ports: [{ protocol: 'TCP', port }] }],
        },
      },
    ]);
  });

  test('the hole is for namespaces that are no environment of anybody', () => {
    const others = { matchExpressions: [{ key: 'greenroom.dev/instance', operator: 'DoesNotExist' }] };

    expect(holes({ preview })).toMatchObject([{ spec: { ingress: [{ from: [{ namespaceSelector: others }] }] } }]);
  });

  test('an entry that selects nothing opens nothing: a policy without labels would open every pod', () => {
    expect(holes({ preview, objects: [serviceTo(3000, { selector: {} })] })).toEqual([]);
    expect(holes({ preview, objects: [serviceTo(3000, { selector: undefined })] })).toEqual([]);
  });
});
