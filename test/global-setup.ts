import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterDown } from '../src/cluster/cluster-down.ts';
import { clusterUp } from '../src/cluster/cluster-up.ts';
import { isAlive } from '../src/process-owner.ts';
import { defaultCacheDir } from '../src/toolchain/ensure-tools.ts';
import { pulumiRoot } from '../src/toolchain/pulumi-root.ts';
import { ensureMachine } from './ensure-machine.ts';

const prefix = 'greenroom-test-';
const dataDir = join(tmpdir(), `${prefix}${process.pid}`);
const downTimeoutMs = 60_000;

/**
 * For the project "cluster": what the machine needs, and an embedded cluster in a data folder of its own. Sets
 * GREENROOM_TEST_KUBECONFIG, GREENROOM_TEST_REGISTRY (host:port), GREENROOM_TEST_PULUMI_ROOT, GREENROOM_TEST_K6,
 * GREENROOM_TEST_S3 (an S3 server) and GREENROOM_TEST_GITEA. Where the first two are set already, that cluster is used and none is brought up.
 */
export async function setup(): Promise<void> {
  await sweepDeadRuns();
  const tools = await ensureMachine(say);
  process.env.GREENROOM_TEST_PULUMI_ROOT ??= await pulumiRoot(tools, defaultCacheDir(process.env));
  process.env.GREENROOM_TEST_K6 ??= tools.k6;
  process.env.GREENROOM_TEST_S3 ??= tools.versitygw;
  process.env.GREENROOM_TEST_GITEA ??= tools.gitea;
  if (process.env.GREENROOM_TEST_KUBECONFIG && process.env.GREENROOM_TEST_REGISTRY) return;
  await mkdir(dataDir, { recursive: true });
  const cluster = await clusterUp({ dataDir, tools, onProgress: say, signal: new AbortController().signal });
  process.env.GREENROOM_TEST_KUBECONFIG = cluster.kubeconfigPath;
  process.env.GREENROOM_TEST_REGISTRY = cluster.registry.address;
}

export async function teardown(): Promise<void> {
  await takeDown(dataDir);
}

/** What a run that was killed left behind: its process is gone, its folder is not. */
async function sweepDeadRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (Number.isInteger(owner) && !isAlive(owner)) await takeDown(join(tmpdir(), name));
  }
}

async function takeDown(folder: string): Promise<void> {
  const exists = await readdir(folder).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  await clusterDown({ dataDir: folder, onProgress: say, signal: AbortSignal.timeout(downTimeoutMs) });
  await rm(folder, { recursive: true, force: true });
}

function say(line: string): void {
  process.stderr.write(`test cluster: ${line}\n`);
}
