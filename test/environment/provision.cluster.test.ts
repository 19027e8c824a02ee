import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import { type Provisioned, provisionEnvironment } from '../../src/environment/environment.ts';
import type { NotReadyCode } from '../../src/environment/not-ready.ts';
import type { Receipt } from '../../src/teardown/receipt.ts';
import { aClusterSpec, aProgram, aTask, clear, type Fixture, openFixture, serving } from './cluster-fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(async () => {
  await rm(fixture.folder, { recursive: true, force: true });
});

interface Lived {
  provisioned: Provisioned;
  receipt: Receipt;
}

/** Provisions, looks, and takes away again: each environment is by itself, so several live at the same time. */
async function provision(spec: EnvironmentSpec, deadlineMs = 120_000): Promise<Lived> {
  const { kubernetes, pulumi } = fixture;
  const { signal } = new AbortController();
  try {
    const provisioned = await provisionEnvironment({ kubernetes, pulumi, spec, deadlineMs, signal });
    return { provisioned, receipt: await clear(fixture, spec) };
  } catch (error) {
    await clear(fixture, spec);
    throw error;
  }
}

describe.concurrent('an application of database, migration, api and web', () => {
  /** Comes up late and has no tables before somebody asks for `/migrate`. */
  const database = `let tables = false; setTimeout(() => require('http').createServer((request, response) => {
    if (request.url === '/migrate') tables = true; response.end(String(tables)); }).listen(5432), 3000);`;
  const migration = `fetch('http://db:5432/migrate').then(() => console.log('migrated'));`;
  const api = `fetch('http://db:5432/').then((answer) => answer.text()).then((tables) => {
    if (tables !== 'true') { console.error('no tables'); process.exit(1); } ${serving(8081)} }).catch(() => process.exit(1));`;

  test('comes up whatever crashes until the migration has run, and the receipt names all of it as gone', async () => {
    const { image } = fixture;
    const url = 'http://db:5432';
    const spec = aClusterSpec(
      [
        ...aProgram(image, 'db', 5432, database),
        ...aProgram(image, 'api', 8081, api, { DB: url }),
        ...aProgram(image, 'web', 8080, serving(8080), { API: 'http://api:8081' }),
      ],
      { before: [aTask(image, 'migrate', migration, { DB: url })] },
    );

    const { provisioned, receipt } = await provision(spec);

    expect(provisioned).toMatchObject({ ready: true, outputs: { namespace: spec.name } });
    expect(provisioned.resources).toContainEqual({ kind: 'Deployment', namespace: spec.name, name: 'web' });
    expect(receipt).toMatchObject({ status: 'gone', blockedBy: [] });
    expect(receipt.created.map((object) => `${object.kind}/${object.name}`)).toEqual(
      expect.arrayContaining([
        `Namespace/${spec.name}`,
        `Namespace/${spec.name}-suites`,
        'Deployment/web',
        'Job/migrate',
        'ResourceQuota/greenroom',
      ]),
    );
    expect(receipt.gone).toEqual(receipt.created);
  });

  test('is named not ready when the migration fails, with its exit code and last words', async () => {
    const { image } = fixture;
    const failing = `console.error('relation "orders" is missing'); process.exit(4);`;
    const spec = aClusterSpec([...aProgram(image, 'web', 8080, serving(8080))], {
      before: [aTask(image, 'migrate', failing)],
    });

    const { provisioned } = await provision(spec);

    expect(provisioned).toMatchObject({
      ready: false,
      notReady: {
        code: 'BEFORE_FAILED',
        class: 'product',
        object: 'Job/migrate',
        message: 'Job/migrate exited with code 4',
      },
    });
    expect(provisioned.ready ? [] : provisioned.notReady.evidence).toContain('log: relation "orders" is missing');
  });
});

describe.concurrent('what is not ready is named, with its reason and evidence', () => {
  const grow = 'const all = []; setInterval(() => all.push(Buffer.alloc(8 << 20, 1)), 20);';
  test.each<[string, string, object, NotReadyCode, string, string]>([
    [
      'a crash',
      `console.error('no DATABASE_URL'); process.exit(3);`,
      {},
      'CRASH_LOOP',
      'product',
      'log: no DATABASE_URL',
    ],
    ['its memory limit', grow, {}, 'OOM_KILLED', 'product', 'memory limit 96Mi'],
    [
      'privileges',
      serving(8080),
      { securityContext: { privileged: true } },
      'ADMISSION',
      'product',
      'violates PodSecurity',
    ],
    ['a port out of range', serving(8080), { ports: [{ containerPort: 99_999 }] }, 'ADMISSION', 'product', '99999'],
    [
      'a missing ConfigMap',
      serving(8080),
      { envFrom: [{ configMapRef: { name: 'missing' } }] },
      'CONTAINER_CONFIG',
      'product',
      'missing',
    ],
    [
      'too much memory',
      serving(8080),
      { resources: { requests: { memory: '9Gi' }, limits: { memory: '9Gi' } } },
      'QUOTA',
      'environment',
      'exceeded quota',
    ],
  ])('%s', async (_title, script, container, code, fault, evidence) => {
    const spec = aClusterSpec(aProgram(fixture.image, 'web', 8080, script, {}, container));

    const { provisioned } = await provision(spec);

    expect(provisioned).toMatchObject({ ready: false, notReady: { code, class: fault, object: 'Deployment/web' } });
    expect(JSON.stringify(provisioned)).toContain(evidence);
  });

  test('a container that runs and never gets ready in the time that its rollout has', async () => {
    const [deployment, service] = aProgram(fixture.image, 'web', 8080, serving(9999));
    const hurried = { ...deployment, spec: { ...(deployment?.spec as object), progressDeadlineSeconds: 20 } };
    const spec = aClusterSpec([hurried, service] as KubernetesObject[]);

    const { provisioned } = await provision(spec);

    expect(provisioned).toMatchObject({ ready: false, notReady: { code: 'PROBE_FAILING', class: 'product' } });
    expect(JSON.stringify(provisioned)).toContain('Readiness probe failed');
  });

  test('an image that does not exist', async () => {
    const missing = `${fixture.image.split('@')[0]}-not-there:1`;
    const spec = aClusterSpec(aProgram(missing, 'web', 8080, serving(8080)));

    expect((await provision(spec)).provisioned).toMatchObject({
      ready: false,
      notReady: { code: 'IMAGE_PULL', class: 'environment', message: expect.stringContaining(missing) },
    });
  });

  test('an entry that answers with nothing but errors', async () => {
    const script = `require('http').createServer((_, response) => { response.statusCode = 503; response.end(); }).listen(8080);`;
    const spec = aClusterSpec(aProgram(fixture.image, 'web', 8080, script));

    expect((await provision(spec, 25_000)).provisioned).toMatchObject({
      ready: false,
      notReady: { code: 'ENTRY_NOT_ANSWERING', message: expect.stringContaining('answered 503') },
    });
  });
});
