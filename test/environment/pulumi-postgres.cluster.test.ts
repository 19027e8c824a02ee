import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { bringUp } from '../../src/environment/bring-up.ts';
import { type PulumiAccess, pulumiDestroy, pulumiUp } from '../../src/environment/pulumi-operations.ts';
import { pulumiStacks } from '../../src/environment/stacks.ts';
import { connectKubernetes } from '../../src/kubernetes/kubernetes.ts';
import { tearDown } from '../../src/teardown/tear-down.ts';
import { type PostgresServer, startPostgres } from '../store/postgres-server.ts';
import { aClusterSpec, aProgram, clear, type Fixture, openFixture, serving } from './cluster-fixture.ts';
import { aReplica, stateKeys } from './pulumi-state.ts';

const password = 'correct-horse-battery';
const layout = ['.pulumi/meta.yaml'];
let fixture: Fixture;
let server: PostgresServer;
let database: string;
const home = process.env.HOME;
const made: EnvironmentSpec[] = [];

beforeAll(async () => {
  [fixture, server] = await Promise.all([openFixture(), startPostgres({ password })]);
  database = await server.freshDatabase();
});
afterEach(async () => {
  process.env.HOME = home;
  await Promise.all(made.splice(0).map((spec) => clear(fixture, spec)));
});
afterAll(async () => {
  await server?.stop();
  await rm(fixture.folder, { recursive: true, force: true });
});

interface Machine {
  folder: string;
  pulumi: PulumiAccess;
  kubeconfigPath: string;
}

/** A machine with a home, a data folder and a kubeconfig of its own, and the same database; this process moves there. */
async function aMachine(name: string): Promise<Machine> {
  const folder = join(fixture.folder, name);
  const kubeconfigPath = join(folder, 'cluster.yaml');
  await mkdir(folder, { recursive: true });
  await copyFile(fixture.kubeconfigPath, kubeconfigPath);
  process.env.HOME = folder;
  return { folder, kubeconfigPath, pulumi: await aReplica(fixture.pulumi.root, folder, database) };
}

function cluster({ kubeconfigPath }: Machine) {
  return { kubeconfigPath, context: fixture.kubernetes.context };
}

function aSpecOfOurs(): EnvironmentSpec {
  const keys = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, stringData: { A: 'hunter22' } };
  const spec = aClusterSpec([...aProgram(fixture.image, 'web', 8080, serving(8080)), keys]);
  made.push(spec);
  return spec;
}

/** Namespaces that nobody has asked to go. */
async function standing(): Promise<string[]> {
  const { items } = await fixture.kubernetes.core.listNamespace();
  return items.flatMap(({ metadata }) => (metadata?.deletionTimestamp ? [] : [metadata?.name ?? '']));
}

const patience = () => ({ signal: AbortSignal.timeout(120_000) });

test('what one replica brought up, another one destroys, and no row of it is left', async () => {
  const spec = aSpecOfOurs();
  const first = await aMachine('first');
  const up = await pulumiUp(first.pulumi, cluster(first), spec, patience());
  const kept = await stateKeys(database);
  const keys = async (prefix: string) => (await stateKeys(database)).filter((key) => key.startsWith(prefix));
  const remembered = await pulumiStacks({ pulumi: first.pulumi, cluster: cluster(first), keys }).names(
    patience().signal,
  );
  await rm(first.folder, { recursive: true });
  const second = await aMachine('second');

  const outcome = await pulumiDestroy(second.pulumi, cluster(second), spec.name, patience());

  expect(up).toEqual({ ok: true });
  expect(kept.filter((key) => key.includes(spec.name))).not.toEqual([]);
  expect(remembered).toEqual([spec.name]);
  expect(outcome).toEqual({ ok: true });
  expect((await standing()).filter((name) => name.startsWith(spec.name))).toEqual([]);
  expect(await stateKeys(database)).toEqual(layout);
});

test('a lock left by SIGKILL of the CLI in mid-up does not stop another replica from tearing down', async () => {
  const spec = aSpecOfOurs();
  const first = await aMachine('killed');
  await pulumiUp(first.pulumi, cluster(first), spec, {
    ...patience(),
    onResource: () => killPulumi(first.pulumi.stateDir),
  });
  const left = await stateKeys(database);
  const second = await aMachine('heir');
  const said: string[] = [];

  const receipt = await tearDown({
    kubernetes: connectKubernetes(second.kubeconfigPath, null),
    stacks: pulumiStacks({ pulumi: second.pulumi, cluster: cluster(second) }),
    target: { name: spec.name, runId: spec.owner.runId, instance: spec.owner.instance },
    deadlineMs: 120_000,
    onProgress: (progress) => progress.kind === 'pulumi' && said.push(progress.ok ? 'cleared' : progress.detail),
  });

  expect(left.some((key) => key.startsWith('.pulumi/locks/'))).toBe(true);
  expect(receipt).toMatchObject({ status: 'gone', blockedBy: [] });
  expect(receipt.created.length).toBeGreaterThan(0);
  expect(said).toEqual(['cleared']);
  expect(await stateKeys(database)).toEqual(layout);
});

test('what an up that was cut off has made is taken over by the next one, past its lock', async () => {
  const spec = aSpecOfOurs();
  const machine = await aMachine('cut-off');
  const again: string[] = [];
  const cut = await pulumiUp(machine.pulumi, cluster(machine), spec, {
    ...patience(),
    onResource: () => killPulumi(machine.pulumi.stateDir),
  });
  const locks = (await stateKeys(database)).filter((key) => key.startsWith('.pulumi/locks/'));

  const outcome = await bringUp(machine.pulumi, cluster(machine), spec, {
    ...patience(),
    deadlineMs: 120_000,
    onOutage: ({ code }) => again.push(code),
  });

  expect(cut).toMatchObject({ ok: false });
  expect(locks).not.toEqual([]);
  expect({ outcome, again }).toEqual({ outcome: { ok: true }, again: [] });
  expect(await standing()).toContain(spec.name);
});

test('an up waits for a database that is away, and says so', async () => {
  const spec = aSpecOfOurs();
  const machine = await aMachine('waiting');
  const outages: string[] = [];
  await server.suspend();

  const outcome = await bringUp(machine.pulumi, cluster(machine), spec, {
    ...patience(),
    deadlineMs: 120_000,
    onOutage: ({ code }) => {
      outages.push(code);
      if (outages.length === 1) void server.resume();
    },
  });

  expect(outcome).toEqual({ ok: true });
  expect(outages[0]).toMatch(/_UNREACHABLE$/);
});

test('the password is in no command line, in no file and in nothing that the cluster gets', async () => {
  const spec = aSpecOfOurs();
  const machine = await aMachine('watched');
  const seen: string[] = [];
  let looks = 0;
  await pulumiUp(machine.pulumi, cluster(machine), spec, {
    ...patience(),
    onResource: () => {
      looks++;
      seen.push(...commandLines(), ...filesIn(machine.folder));
    },
  });
  const { core } = fixture.kubernetes;
  const objects = await Promise.all(
    [spec.name, `${spec.name}-suites`].flatMap((namespace) => [
      core.listNamespacedPod({ namespace }),
      core.listNamespacedSecret({ namespace }),
      core.listNamespacedConfigMap({ namespace }),
    ]),
  );

  expect(looks).toBeGreaterThan(0);
  expect(seen.filter((text) => text.includes(password))).toEqual([]);
  expect(JSON.stringify(objects)).not.toContain(password);
  expect((await readdir(machine.pulumi.stateDir)).filter((name) => name !== 'compile-cache')).toEqual([]);
});

test('a database that is gone is named, and not taken for the cluster', async () => {
  const machine = await aMachine('lost');
  const url = machine.pulumi.backend.url.replace(`port=${server.port}`, 'port=1');
  const pulumi = { ...machine.pulumi, backend: { ...machine.pulumi.backend, url } };

  const outcome = await pulumiUp(pulumi, cluster(machine), aSpecOfOurs(), patience());

  expect(outcome).toMatchObject({ ok: false, output: expect.stringMatching(/PostgreSQL.*connection refused/s) });
  expect(JSON.stringify(outcome)).not.toContain(password);
});

function killPulumi(stateDir: string): void {
  for (const pid of processIds()) {
    try {
      const inside = readlinkSync(`/proc/${pid}/cwd`).startsWith(stateDir);
      if (inside && readlinkSync(`/proc/${pid}/exe`).endsWith('/pulumi')) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

function processIds(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function commandLines(): string[] {
  return processIds().map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  });
}

/** Contents of all files below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    try {
      return entry.isFile() ? [readFileSync(join(entry.parentPath, entry.name), 'latin1')] : [];
    } catch {
      return [];
    }
  });
}
