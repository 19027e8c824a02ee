import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { type DemoStand, openDemoStand } from '../src/cli/demo-stand.ts';
import { ensurePackages, findTools, type Machine, openMachine } from '../src/cli/open-machine.ts';
import { clusterDown } from '../src/cluster/cluster-down.ts';
import { loadOperatorConfig } from '../src/config/operator-config.ts';
import type { Host } from '../src/host.ts';
import { ensureBaseImages } from '../src/image/runner-images.ts';
import { connectKubernetes } from '../src/kubernetes/kubernetes.ts';
import { once } from '../src/runner/once.ts';
import { defaultCacheDir } from '../src/toolchain/ensure-tools.ts';
import { pulumiRoot } from '../src/toolchain/pulumi-root.ts';

/** What every figure works on. The costly parts come up when the first figure asks for them. */
export interface BenchStage {
  host: Host;
  /** Ours alone, gone at the end. */
  folder: string;
  rounds: number;
  signal: AbortSignal;
  say: (line: string) => void;
  /** An embedded cluster of our own, or the one that GREENROOM_TEST_KUBECONFIG and GREENROOM_TEST_REGISTRY name. */
  machine: () => Promise<Machine>;
  /** A whole Greenroom with its GitHub, warm: all images that it needs of its own are in the registry. */
  demo: () => Promise<DemoStand>;
  /** @returns standard output */
  kubectl: (args: string[], input?: string) => Promise<string>;
  close: () => Promise<void>;
}

export async function openBenchStage(real: Host, rounds: number): Promise<BenchStage> {
  const { PATH, HOME, XDG_CACHE_HOME, GREENROOM_TEST_KUBECONFIG, GREENROOM_TEST_REGISTRY } = real.env;
  // Nothing of the operator's own configuration: it would change what is measured.
  const host: Host = { ...real, env: { PATH, HOME, XDG_CACHE_HOME } };
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-bench-'));
  const signal = host.shutdown;
  const say = (line: string) => void host.stderr.write(`bench: ${line}\n`);
  const config = loadOperatorConfig({
    ...host.env,
    GREENROOM_DATA_DIR: folder,
    GREENROOM_INSTANCE: basename(folder).toLowerCase(),
  });
  const options = { host, config, assumeYes: true, onProgress: say, signal };
  const given = GREENROOM_TEST_KUBECONFIG && GREENROOM_TEST_REGISTRY;
  let ownCluster = false;
  const machine = once(async (): Promise<Machine> => {
    if (given) {
      await ensurePackages(options, ['images', 'browser', 'git']);
      const tools = await findTools(options, ['pulumi', 'pulumi-resource-kubernetes', 'k6']);
      const cacheDir = defaultCacheDir(host.env);
      return {
        kubernetes: connectKubernetes(GREENROOM_TEST_KUBECONFIG, null),
        registry: { address: GREENROOM_TEST_REGISTRY, scheme: 'http', ca: null, dockerConfigPath: null },
        pulumiRoot: await pulumiRoot(tools, cacheDir),
        k6Path: tools.k6,
        cacheDir,
        embedded: true,
      };
    }
    ownCluster = true;
    return openMachine(options);
  }, signal);
  let stand: DemoStand | null = null;
  const demo = once(async () => {
    const found = await machine(signal);
    await ensureBaseImages({ registry: found.registry, cacheDir: found.cacheDir, signal });
    stand = await openDemoStand({ host, config, machine: found, onProgress: () => undefined });
    const { stage } = stand.service.engine;
    await Promise.all([stage.runnerImages(signal), stage.builderImage(signal)]);
    return stand;
  }, signal);
  return {
    host,
    folder,
    rounds,
    signal,
    say,
    machine: () => machine(signal),
    demo: () => demo(signal),
    kubectl: async (args, input) => {
      const { kubernetes } = await machine(signal);
      return kubectl(
        ['--kubeconfig', kubernetes.kubeconfigPath ?? '', '--context', kubernetes.context, ...args],
        input,
        signal,
      );
    },
    async close() {
      await stand?.close();
      if (ownCluster) await clusterDown({ dataDir: folder, onProgress: say, signal: AbortSignal.timeout(120_000) });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function kubectl(args: string[], input: string | undefined, signal: AbortSignal): Promise<string> {
  const running = promisify(execFile)('kubectl', args, { signal, maxBuffer: 32 * 1024 * 1024 });
  running.child.stdin?.end(input ?? '');
  return (await running).stdout;
}

/** What several figures read is made once a run. */
export function oncePerStage<T>(make: (stage: BenchStage) => Promise<T>): (stage: BenchStage) => Promise<T> {
  const made = new WeakMap<BenchStage, Promise<T>>();
  return (stage) => {
    const known = made.get(stage) ?? make(stage);
    made.set(stage, known);
    return known;
  };
}
