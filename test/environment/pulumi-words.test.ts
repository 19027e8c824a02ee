import { describe, expect, test } from 'vitest';
import { redactionOf } from '../../src/environment/diagnostics.ts';
import { notReadyOfPulumi, outageOf } from '../../src/environment/pulumi-errors.ts';
import { readEvents } from '../../src/environment/pulumi-events.ts';
import { aSpec } from './builders.ts';

const urn =
  'urn:pulumi:gr-1::greenroom::greenroom:index:Room$kubernetes:apps/v1:Deployment::application/Deployment/web';

function failed(message: string, object: string | null = null) {
  return { ok: false as const, cancelled: false, code: 1, diagnostics: [{ object, message }], output: '' };
}

test("the engine's events are told as objects that were made or removed, and errors with their object", () => {
  const lines = [
    { resOutputsEvent: { metadata: { op: 'create', urn } } },
    { resOutputsEvent: { metadata: { op: 'same', urn } } },
    { resOutputsEvent: { metadata: { op: 'create', urn: 'urn:pulumi:gr-1::greenroom::pulumi:pulumi:Stack::gr-1' } } },
    { diagnosticEvent: { urn, severity: 'error', message: '<{%reset%}>refused<{%reset%}>\n' } },
    { diagnosticEvent: { urn, severity: 'info', message: 'fine' } },
  ].map((event) => JSON.stringify(event));

  expect(readEvents([...lines, '{"half'])).toEqual({
    resources: [{ action: 'created', role: 'application', kind: 'Deployment', name: 'web' }],
    diagnostics: [{ object: 'Deployment/web', message: 'refused' }],
  });
});

describe('what Pulumi reports', () => {
  test.each([
    ['Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1', 'ADMISSION', 'product'],
    ['deployments.apps "web" is forbidden: exceeded quota: greenroom', 'QUOTA', 'environment'],
    ['admission webhook "policy.example" denied the request: no', 'ADMISSION', 'product'],
  ])("%j about one of the change's objects is %s", (message, code, fault) => {
    expect(notReadyOfPulumi(aSpec(), failed(message, 'Deployment/web'))).toMatchObject({
      code,
      class: fault,
      object: 'Deployment/web',
    });
  });

  test.each([
    ['Deployment.apps "other" is invalid', 'Deployment/other', 'PULUMI_FAILED'],
    ['error: the stack is currently locked by 1 lock(s)', null, 'STACK_LOCKED'],
    ['error: incorrect passphrase', null, 'PULUMI_PASSPHRASE'],
    ['configured Kubernetes cluster is unreachable: connection refused', null, 'CLUSTER_UNREACHABLE'],
    ['error: unable to open bucket: failed to ping PostgreSQL: connection refused', null, 'STORE_UNREACHABLE'],
    ['write spec: no space left on device', null, 'DISK_FULL'],
    ['spawn /x/bin/pulumi ENOENT', null, 'TOOL_MISSING'],
    ['namespaces is forbidden: User "x" cannot create resource', null, 'CLUSTER_REFUSED'],
  ])('%j says nothing about the change', (message, object, code) => {
    expect(() => notReadyOfPulumi(aSpec(), failed(message, object))).toThrow(expect.objectContaining({ code }));
  });
});

test.each([
  ['error: could not read stack: dial tcp 127.0.0.1:5432: connect: connection refused', null, 'CLUSTER_UNREACHABLE'],
  ['error: pq: the database system is shutting down', null, 'STORE_UNREACHABLE'],
  ['error: write checkpoint: driver: bad connection', null, 'STORE_UNREACHABLE'],
  ['Deployment.apps "web" is invalid: connection refused', 'Deployment/web', null],
  ['error: incorrect passphrase', null, null],
])('%j is worth another attempt only when it is an outage and nothing else', (message, object, code) => {
  expect(outageOf(aSpec(), failed(message, object))).toBe(code);
});

test("values of the environment's Secrets and passwords in addresses do not leave it", () => {
  const secret = (data: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...data });
  const data = { B: Buffer.from('encoded-value').toString('base64') };
  const redact = redactionOf(aSpec({ objects: [secret({ stringData: { A: 'hunter22' } }), secret({ data })] }));

  expect(redact('got hunter22 and encoded-value for postgres://shop:pw@db/shop')).toBe(
    'got [redacted] and [redacted] for postgres://shop:[redacted]@db/shop',
  );
});

test('a value that is no text is no obstacle: the API server refuses it by itself', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { port: 54_321 } };

  expect(redactionOf(aSpec({ objects: [secret] }))('port 54321')).toBe('port [redacted]');
});

test.each([
  ['in base64', 'pass"word/1\n', btoa('pass"word/1\n')],
  ['without the line end that it was stored with', 'pass"word/1\n', 'pass"word/1'],
  ['in JSON', 'pass"word/1\n', 'pass\\"word/1'],
  ['in an address', 'pass"word/1\n', 'pass%22word%2F1'],
  ['line by line', '-----BEGIN KEY-----\nMIIEvQIBADANBg\n', 'MIIEvQIBADANBg'],
])('a value is also taken out %s', (_title, value, text) => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { A: btoa(value) } };

  expect(redactionOf(aSpec({ objects: [secret] }))(`it is ${text}, is it`)).toBe('it is [redacted], is it');
});
