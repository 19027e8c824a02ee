import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresBackend } from '../../src/environment/pulumi-backend.ts';
import { pulumiDestroy } from '../../src/environment/pulumi-operations.ts';
import { type PostgresServer, startPostgres } from '../store/postgres-server.ts';
import { aReplica, stateKeys } from './pulumi-state.ts';

/** Every character that some form of address or quoting could stumble over. */
const password = "p@ss/w?rd#'&% \\x";
let server: PostgresServer;
let folder: string;
let database: string;
beforeAll(async () => {
  server = await startPostgres({ password });
  folder = await mkdtemp(join(tmpdir(), 'greenroom-backend-'));
  database = await server.freshDatabase();
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Pulumi opens its backend, finds no such stack, and says so: an answer that only the right server gives. */
async function askPulumi(databaseUrl: string) {
  const replica = await aReplica(process.env.GREENROOM_TEST_PULUMI_ROOT ?? '', folder, databaseUrl);
  const cluster = { kubeconfigPath: null, context: '' };
  return await pulumiDestroy(replica, cluster, 'no-such-stack', { signal: AbortSignal.timeout(60_000) });
}

describe('an address that our store understands is understood by Pulumi', () => {
  const secret = encodeURIComponent(password);
  const name = () => new URL(database).pathname.slice(1);
  test.each<[string, () => string]>([
    ['without a word about TLS', () => database],
    [
      'with TLS and an authority of its own',
      () => `${database}?sslmode=verify-full&sslrootcert=${server.folder}/tls.crt`,
    ],
    [
      'with libpq’s weaker check',
      () => `${database}?uselibpqcompat=true&sslmode=verify-ca&sslrootcert=${server.folder}/tls.crt`,
    ],
    ['with TLS that trusts anybody', () => `${database}?sslmode=no-verify`],
    ['with "postgresql:"', () => database.replace('postgres:', 'postgresql:')],
    ['of a socket by host', () => `postgres://postgres:${secret}@/${name()}?host=${server.folder}&port=${server.port}`],
    [
      'of a socket in the place of the host',
      () => `postgres://postgres:${secret}@${encodeURIComponent(server.folder)}:${server.port}/${name()}`,
    ],
    ['with options of the session', () => `${database}?options=${encodeURIComponent('-c statement_timeout=20000')}`],
    ['with parameters of node-postgres', () => `${database}?statement_timeout=20000&keepAlive=true`],
  ])('%s', async (_, address) => {
    expect(await askPulumi(address())).toEqual({ ok: true });
  });
});

test('a certificate that nobody vouches for is refused by Pulumi as by our store', async () => {
  const { url, env } = await postgresBackend({
    databaseUrl: `${database}?sslmode=verify-full`,
    schema: 'greenroom',
    table: 'pulumi_state',
    folder,
    passwordFile: null,
  });
  const replica = await aReplica(process.env.GREENROOM_TEST_PULUMI_ROOT ?? '', folder, database);

  const outcome = await pulumiDestroy(
    { ...replica, backend: { url, env } },
    { kubeconfigPath: null, context: '' },
    'no-such-stack',
    { signal: AbortSignal.timeout(60_000) },
  );

  await expect(askPulumi(`${database}?sslmode=verify-full`)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
  expect(outcome).toMatchObject({ ok: false, output: expect.stringContaining('certificate') });
});

test('a key that others may read is refused before anything is done', async () => {
  const key = join(folder, 'client.key');
  await writeFile(key, await readFile(join(server.folder, 'tls.key')), { mode: 0o644 });
  const certificate = join(server.folder, 'tls.crt');

  const asked = askPulumi(`${database}?sslmode=no-verify&sslkey=${key}&sslcert=${certificate}`);

  await expect(asked).rejects.toMatchObject({ code: 'STORE_KEY_EXPOSED', remedy: 'fix-input' });
});

test('a first question leaves no file, no password in the address, and one row that says how the state is laid out', async () => {
  const fresh = await server.freshDatabase();
  const replica = await aReplica(process.env.GREENROOM_TEST_PULUMI_ROOT ?? '', folder, fresh);

  const asked = await askPulumi(fresh);

  expect(asked).toEqual({ ok: true });
  expect(replica.backend.url).not.toContain(encodeURIComponent(password));
  expect(await readdir(replica.stateDir)).toEqual([]);
  expect(await stateKeys(fresh)).toEqual(['.pulumi/meta.yaml']);
});

test('replicas that open an empty database at the same time share one passphrase', async () => {
  const fresh = await server.freshDatabase();

  const replicas = await Promise.all([1, 2, 3].map(() => aReplica('', folder, fresh)));

  expect(new Set(replicas.map(({ passphrase }) => passphrase)).size).toBe(1);
});
