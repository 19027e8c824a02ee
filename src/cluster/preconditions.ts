import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { platform, userInfo } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../errors.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import type { ClusterTool } from './embedded-cluster.ts';
import { programFolders } from './run-command.ts';

/** What a node takes from Debian, and the package that brings it. */
const debianPrograms: Record<string, string> = {
  etcd: 'etcd-server',
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  'docker-registry': 'docker-registry',
  ip: 'iproute2',
  nft: 'nftables',
  openssl: 'openssl',
  unshare: 'util-linux',
  mount: 'mount',
};
const networkPlugins = ['ptp', 'host-local', 'loopback'];
const leastFreeBytes = 1024 ** 3;

/** @throws RunError those of checkPlace, CLUSTER_PROGRAM_MISSING (fix-input) */
export async function checkPreconditions(folder: ClusterFolder, tools: Record<ClusterTool, string>): Promise<void> {
  await checkPlace(folder.path);
  await checkPrograms(tools);
}

/**
 * Whether a node could live here, whatever its programs: told before those are looked for, or built.
 * @param folder the cluster's or one above it; made when it is not there
 * @throws RunError CLUSTER_NOT_LINUX, CLUSTER_NEEDS_ROOT, DATA_FOLDER, DISK_FULL (all fix-input)
 */
export async function checkPlace(folder: string): Promise<void> {
  if (platform() !== 'linux') {
    throw refusal(
      `starting a cluster on "${platform()}"`,
      'CLUSTER_NOT_LINUX',
      'The embedded cluster needs Linux; name another one with --context.',
    );
  }
  if (userInfo().uid !== 0) {
    throw refusal(
      'starting a cluster without root',
      'CLUSTER_NEEDS_ROOT',
      'Run it as root (sudo), or name another cluster with --context.',
    );
  }
  await checkFolder(folder, leastFreeBytes);
}

async function checkPrograms(tools: Record<ClusterTool, string>): Promise<void> {
  const missing: string[] = [];
  const packages = new Set<string>();
  for (const [program, debianPackage] of Object.entries(debianPrograms)) {
    if (await isExecutable(programFolders.map((folder) => join(folder, program)))) continue;
    missing.push(program);
    packages.add(debianPackage);
  }
  for (const plugin of networkPlugins) {
    if (await isExecutable([join('/usr/lib/cni', plugin)])) continue;
    missing.push(`/usr/lib/cni/${plugin}`);
    packages.add('containernetworking-plugins');
  }
  for (const path of Object.values(tools)) if (!(await isExecutable([path]))) missing.push(path);
  if (missing.length === 0) return;
  const hint =
    packages.size > 0 ? `On Debian: apt-get install ${[...packages].join(' ')}` : 'Let the toolchain build it again.';
  throw refusal(
    `looking for the programs of a node: ${missing.map((name) => `"${name}"`).join(', ')} missing`,
    'CLUSTER_PROGRAM_MISSING',
    hint,
  );
}

/** @throws RunError DATA_FOLDER, DISK_FULL (fix-input) */
export async function checkFolder(folder: string, leastBytes: number): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new RunError(`writing to the data folder "${folder}"`, {
      code: 'DATA_FOLDER',
      remedy: 'fix-input',
      hint: 'Set GREENROOM_DATA_DIR to a folder that can be written to.',
      cause,
    });
  }
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < leastBytes) {
    const doing = `using the folder "${folder}", where ${Math.round((bavail * bsize) / 1024 ** 2)} MiB are free`;
    const least = `${Math.round(leastBytes / 1024 ** 2)} MiB`;
    throw refusal(doing, 'DISK_FULL', `Free at least ${least} there, or set GREENROOM_DATA_DIR to another disk.`);
  }
}

async function isExecutable(paths: string[]): Promise<boolean> {
  for (const path of paths)
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return true;
  return false;
}

function refusal(doing: string, code: string, hint: string): RunError {
  return new RunError(doing, { code, remedy: 'fix-input', hint });
}
