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

/**
 * @throws RunError CLUSTER_NOT_LINUX, CLUSTER_NEEDS_ROOT, CLUSTER_PROGRAM_MISSING, DATA_FOLDER (all fix-input), DISK_FULL (fix-input)
 */
export async function checkPreconditions(folder: ClusterFolder, tools: Record<ClusterTool, string>): Promise<void> {
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
  await checkFolder(folder);
  await checkPrograms(tools);
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

async function checkFolder(folder: ClusterFolder): Promise<void> {
  try {
    await mkdir(folder.path, { recursive: true, mode: 0o700 });
    await access(folder.path, constants.W_OK);
  } catch (cause) {
    throw new RunError(`writing to the data folder "${folder.path}"`, {
      code: 'DATA_FOLDER',
      remedy: 'fix-input',
      hint: 'Set GREENROOM_DATA_DIR to a folder that can be written to.',
      cause,
    });
  }
  const { bavail, bsize } = await statfs(folder.path);
  if (bavail * bsize < leastFreeBytes) {
    const doing = `starting a cluster with ${Math.round((bavail * bsize) / 1024 ** 2)} MiB free in "${folder.path}"`;
    throw refusal(doing, 'DISK_FULL', 'Free at least 1 GiB there, or set GREENROOM_DATA_DIR to another disk.');
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
