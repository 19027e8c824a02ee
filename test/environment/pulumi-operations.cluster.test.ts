import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import { pulumiUp } from '../../src/environment/pulumi-operations.ts';
import { pulumiStacks } from '../../src/environment/stacks.ts';
import { aClusterSpec, aProgram, clear, type Fixture, openFixture, serving } from './cluster-fixture.ts';

let fixture: Fixture;
const made: EnvironmentSpec[] = [];

beforeAll(async () => {
  fixture = await openFixture();
});
afterEach(async () => {
  await Promise.all(made.splice(0).map((spec) => clear(fixture, spec)));
});
afterAll(async () => {
  await rm(fixture.folder, { recursive: true, force: true });
});

function aSpecOfOurs(more: KubernetesObject[] = []): EnvironmentSpec {
  const spec = aClusterSpec([...aProgram(fixture.image, 'web', 8080, serving(8080)), ...more]);
  made.push(spec);
  return spec;
}

/** So much to create that its `up` goes on for seconds after the first object is heard of: events come through a log that is polled. */
function aLongSpec(): EnvironmentSpec {
  const settings = Array.from({ length: 150 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `setting-${index}` },
    data: { index: String(index) },
  }));
  return aSpecOfOurs(settings);
}

function cluster() {
  return { kubeconfigPath: fixture.kubeconfigPath, context: fixture.kubernetes.context };
}

/** Processes whose command line or working folder belongs to this test's operations. */
function operationProcesses(): { pid: number; program: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const inside = readlinkSync(`/proc/${name}/cwd`).startsWith(fixture.pulumi.stateDir);
        return inside
          ? [{ pid: Number(name), program: readlinkSync(`/proc/${name}/exe`).split('/').at(-1) ?? '' }]
          : [];
      } catch {
        return [];
      }
    });
}

async function eventually(isTrue: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 100 && !isTrue(); attempt++) await sleep(100);
  return isTrue();
}

test('an operation leaves no process and no work folder, and a teardown no state', async () => {
  const spec = aSpecOfOurs();

  const stacks = pulumiStacks({ pulumi: fixture.pulumi, cluster: cluster() });
  const outcome = await pulumiUp(fixture.pulumi, cluster(), spec, { signal: new AbortController().signal });
  const remembered = await stacks.names(new AbortController().signal);
  await clear(fixture, spec);

  expect(outcome).toEqual({ ok: true });
  expect(remembered).toContain(spec.name);
  expect(await stacks.names(new AbortController().signal)).not.toContain(spec.name);
  expect(await eventually(() => operationProcesses().length === 0)).toBe(true);
  expect(await readdir(fixture.pulumi.stateDir)).toEqual(['compile-cache']);
  const state = await readdir(`${fixture.folder}/state/.pulumi`, { recursive: true });
  expect(state.filter((file) => file.includes(`${spec.name}.json`))).toEqual([]);
});

test('after SIGKILL of the CLI in mid-up nothing runs on, and teardown by label takes what is left', async () => {
  const spec = aLongSpec();
  const outcome = await pulumiUp(fixture.pulumi, cluster(), spec, {
    signal: new AbortController().signal,
    onResource: () => {
      for (const { pid, program } of operationProcesses()) if (program === 'pulumi') process.kill(pid, 'SIGKILL');
    },
  });
  const isAlone = await eventually(() => operationProcesses().length === 0);

  const receipt = await clear(fixture, spec);

  expect(outcome).toMatchObject({ ok: false });
  expect(isAlone, JSON.stringify(operationProcesses())).toBe(true);
  expect(receipt.created.length).toBeGreaterThan(0);
  expect(receipt).toMatchObject({ status: 'gone', blockedBy: [] });
});

test('an aborted operation ends within its grace and leaves no process', async () => {
  const spec = aLongSpec();
  const controller = new AbortController();

  const outcome = await pulumiUp(fixture.pulumi, cluster(), spec, {
    signal: controller.signal,
    onResource: () => controller.abort(new Error('superseded')),
  });

  expect(outcome).toMatchObject({ ok: false, cancelled: true });
  expect(await eventually(() => operationProcesses().length === 0)).toBe(true);
});

test('an operation whose signal is aborted already never starts', async () => {
  const spec = aSpecOfOurs();

  const operation = pulumiUp(fixture.pulumi, cluster(), spec, { signal: AbortSignal.abort(new Error('superseded')) });

  await expect(operation).rejects.toThrow('superseded');
});

test('the child, the CLI and the provider die with their parent', async () => {
  const spec = aSpecOfOurs();
  const parent = fork(new URL('./pulumi-parent.ts', import.meta.url), [], { stdio: 'ignore' });
  parent.send({ access: fixture.pulumi, cluster: cluster(), spec });
  await once(parent, 'message');
  const before = operationProcesses();

  parent.kill('SIGKILL');

  expect(before.map(({ program }) => program)).toContain('pulumi');
  expect(await eventually(() => operationProcesses().length === 0)).toBe(true);
  expect(existsSync(fixture.pulumi.stateDir)).toBe(true);
});
