import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mountBlob, putManifest } from '../../src/image/push-blobs.ts';
import { RegistryClient } from '../../src/image/registry-client.ts';
import { readText } from '../../src/image/registry-http.ts';
import { openLog } from '../../src/kubernetes/read-log.ts';
import { isFinal } from '../../src/suites/suite-result.ts';
import type { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { testMachine } from '../journey-stand.ts';
import { type KilledServe, openKilledServe } from './killed-serve.ts';

const program = `require('node:http').createServer((request, response) => {
  if (/begin|smoke/.test(request.url)) console.log('asked for ' + request.url);
  response.end('Hello ' + process.env.TOKEN);
}).listen(8080);`;
/** Longer than the next player comes: one that was killed has its lease to the end, one that was asked to go gives it back. */
const load = (seconds: number) => `import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 1, duration: '${seconds}s' };
export function setup() { console.log('answer: ' + http.get(\`\${__ENV.BASE_URL}/begin\`).body); }
export default function () { http.get(\`\${__ENV.BASE_URL}/busy\`); sleep(0.2); }`;

let serve: KilledServe;

beforeAll(async () => {
  serve = await openKilledServe();
});
beforeEach(() => serve.putUp('app', { TOKEN: 'the-first-token' }));
afterAll(() => serve?.close());

/** The smallest application with a quick suite and one that is still at work when the next player comes. */
function files(image: string, loadSeconds = 45): Record<string, string> {
  const service = {
    ...{ name: 'web', image, port: 8080, command: ['/usr/bin/node', '-e', program] },
    ...{ readiness: { path: '/healthz' }, resources: { cpu: '50m', memory: '64Mi' }, secrets: ['app'] },
  };
  const isAwaited = !image.startsWith('base/');
  const config = {
    version: 1,
    application: {
      entry: { service: 'web', port: 8080 },
      services: [service],
      images: isAwaited ? [{ name: image, from: 'wait', tag: `\${sha}` }] : [],
    },
    suites: [
      { name: 'smoke', kind: 'smoke', path: 'smoke.yaml' },
      ...(isAwaited ? [] : [{ name: 'load', kind: 'load', path: 'load.js', timeout: '3m' }]),
    ],
    limits: { cpu: '2', memory: '2Gi', timeout: '5m', ttl: '1h' },
  };
  const smoke = [{ name: 'home', path: '/smoke', expect: { contains: 'Hello' } }];
  // JSON is YAML.
  return {
    'greenroom.yaml': JSON.stringify(config),
    'smoke.yaml': JSON.stringify(smoke),
    'load.js': load(loadSeconds),
  };
}

const statuses = ({ suites }: VerdictDocument) => suites.map(({ name, status }) => `${name} ${status}`).join(', ');
const isOver = ({ phase, teardown }: VerdictDocument) => phase === 'done' && teardown.status === 'gone';

/** All that the application says from now to its end, which comes with its namespace. */
async function logOfApplication(namespace: string): Promise<Promise<string>> {
  const { kubernetes } = testMachine();
  const { items } = await kubernetes.core.listNamespacedPod({ namespace });
  const pod = items[0]?.metadata?.name ?? '';
  const signal = AbortSignal.timeout(400_000);
  return text(await openLog(kubernetes, { namespace, pod, container: 'web', follow: true, signal }));
}

async function offerImage(name: string, tag: string): Promise<void> {
  const client = new RegistryClient(testMachine().registry);
  const signal = AbortSignal.timeout(30_000);
  const [from, mediaType] = ['base/node', 'application/vnd.oci.image.manifest.v1+json'];
  const target = `/v2/${from}/manifests/24`;
  const headers = { accept: mediaType };
  const request = { method: 'GET', target, repository: from, access: 'pull', headers, signal } as const;
  const content = await readText(await client.request(request));
  const { config, layers } = JSON.parse(content) as { config: { digest: string }; layers: { digest: string }[] };
  for (const { digest } of [config, ...layers]) await mountBlob(client, name, { digest, from }, signal);
  await putManifest(client, name, { reference: tag, mediaType, manifest: Buffer.from(content) }, signal);
}

async function namespaces(): Promise<string[]> {
  const labelSelector = `greenroom.dev/instance=${serve.instance}`;
  const { items } = await testMachine().kubernetes.core.listNamespace({ labelSelector });
  return items.map(({ metadata }) => metadata?.name ?? '');
}

describe('a run whose serve has ended in the middle of it', () => {
  test.each([
    ['SIGKILL', 45],
    ['SIGTERM', 20],
  ] as const)('by %s, one suite done and another at work, goes on with both', async (signal, loadSeconds) => {
    const change = await serve.openChange(files('base/node:24', loadSeconds));
    const before = await serve.until((now) => statuses(now) === 'smoke passed, load running');
    const log = logOfApplication(before.environment?.namespace ?? '');
    await serve.putUp('app', { TOKEN: 'a-later-token' });
    await serve.restart(signal);
    const document = await serve.until(isOver);

    const runs = await serve.documents();
    const asked = (await await log).split('\n').filter(Boolean);
    const events = document.suites[1]?.artifacts.find(({ name }) => name === 'events.ndjson');
    const printed = await fetch(`${serve.url}${events?.href}`).then((answer) => answer.text());
    const checks = change.repository.checksOf(change.head);
    expect(
      runs.map(({ run, verdict }) => [run.id, verdict]),
      JSON.stringify(runs),
    ).toEqual([[before.run.id, 'passed']]);
    expect(asked.toSorted()).toEqual(['asked for /begin', 'asked for /smoke']);
    expect(document.suites.every(isFinal)).toBe(true);
    expect(document.suites[0]).toEqual(before.suites[0]);
    expect(document.suites[1]?.metrics?.requests).toBeGreaterThan(2 * loadSeconds);
    expect(document.suites[1]?.artifacts.map(({ name }) => name)).toContain('load.json');
    expect(new Set(printed.match(/answer: [^"\\]*/g))).toEqual(new Set(['answer: Hello [redacted]']));
    expect(checks.map(({ name, conclusion }) => `${name} ${conclusion}`).toSorted()).toEqual([
      'greenroom / load success',
      'greenroom / smoke success',
      'greenroom success',
    ]);
    expect(await namespaces()).toEqual([]);
    serve.github.assertClean();
  });

  test('by SIGKILL while it waits for an image, goes on waiting for it', async () => {
    const change = await serve.openChange(files('awaited/app'));
    const before = await serve.until((now) => now.phase === 'image');
    await serve.restart('SIGKILL');
    await offerImage('awaited/app', change.head);
    await serve.until(isOver);

    const runs = await serve.documents();
    const own = change.repository.checksOf(change.head).filter(({ name }) => name === 'greenroom');
    expect(
      runs.map(({ run, verdict }) => [run.id, verdict]),
      JSON.stringify(runs),
    ).toEqual([[before.run.id, 'passed']]);
    expect(own.map(({ conclusion }) => conclusion)).toEqual(['success']);
    expect(await namespaces()).toEqual([]);
  });
});
