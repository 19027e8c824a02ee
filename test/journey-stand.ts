import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type DemoStand, openDemoStand } from '../src/cli/demo-stand.ts';
import type { Machine } from '../src/cli/open-machine.ts';
import { loadOperatorConfig } from '../src/config/operator-config.ts';
import type { Host } from '../src/host.ts';
import { ensureBaseImages } from '../src/image/runner-images.ts';
import { connectKubernetes } from '../src/kubernetes/kubernetes.ts';
import { defaultCacheDir } from '../src/toolchain/ensure-tools.ts';

/** The whole product against the tests' cluster, as `greenroom demo` has it. */
export interface JourneyStand extends DemoStand {
  machine: Machine;
  /** Namespaces of this installation that are there now. */
  namespaces(): Promise<string[]>;
}

export async function openJourneyStand(extraEnv: Record<string, string> = {}): Promise<JourneyStand> {
  const dataDir = await mkdtemp(join(tmpdir(), 'greenroom-journey-'));
  const host = journeyHost(extraEnv);
  const machine = testMachine();
  await ensureBaseImages({ registry: machine.registry, cacheDir: machine.cacheDir, signal: host.shutdown });
  const config = loadOperatorConfig({
    ...host.env,
    GREENROOM_DATA_DIR: dataDir,
    GREENROOM_INSTANCE: instanceOf(dataDir),
  });
  const stand = await openDemoStand({ host, config, machine, onProgress: () => undefined });
  const { instance } = stand.service.engine.stage;
  return {
    ...stand,
    machine,
    async namespaces() {
      const selector = `greenroom.dev/instance=${instance}`;
      const { items } = await machine.kubernetes.core.listNamespace({ labelSelector: selector });
      return items.map((namespace) => namespace.metadata?.name ?? '');
    },
    async close() {
      await stand.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function testMachine(): Machine {
  return {
    kubernetes: connectKubernetes(needed('GREENROOM_TEST_KUBECONFIG'), null),
    registry: { address: needed('GREENROOM_TEST_REGISTRY'), scheme: 'http', ca: null, dockerConfigPath: null },
    pulumiRoot: needed('GREENROOM_TEST_PULUMI_ROOT'),
    k6Path: needed('GREENROOM_TEST_K6'),
    cacheDir: defaultCacheDir(process.env),
    embedded: true,
  };
}

export function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is set by test/global-setup.ts: run this test with the project "cluster"`);
  return value;
}

function instanceOf(dataDir: string): string {
  return `t${dataDir
    .replace(/[^a-z0-9]/gi, '')
    .toLowerCase()
    .slice(-8)}`;
}

function journeyHost(extraEnv: Record<string, string>): Host {
  return {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME, ...extraEnv },
    argv: [],
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    platform: process.platform,
    pid: process.pid,
    now: () => new Date(),
    shutdown: new AbortController().signal,
  };
}
