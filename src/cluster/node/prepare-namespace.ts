import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterCgroup } from '../cgroups.ts';
import { cgroupName } from '../cluster-folder.ts';
import type { NodePlan } from '../node-plan.ts';
import { runCommand } from '../run-command.ts';
import { renderFirewall } from './firewall.ts';
import { coverKernelSettings } from './kernel-settings.ts';
import { mountVolumes } from './volumes.ts';

/** The cluster's folder as the parts see it: short enough for sockets, and free of characters that a config would have to quote. */
export const inside = '/run/greenroom';

/** Where etcd works: see mountDatabase. */
export const databaseFolder = '/run/etcd';

/** Turns fresh namespaces into a machine of its own. The working directory must be the cluster's folder. */
export async function prepareNamespace(plan: NodePlan): Promise<void> {
  await mountPrivately();
  await enterCgroup(cgroupName(plan.id));
  await connectNode(plan);
}

/**
 * The host's file system becomes read-only in here, so nothing can be left behind outside the cluster's folder. The folder
 * is bound by the working directory: its own path may lie under one that is covered, or be very long.
 */
async function mountPrivately(): Promise<void> {
  await mount('--make-rprivate', '/');
  await mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run');
  for (const folder of [inside, '/run/netns', '/run/lock', '/run/cni']) await mkdir(folder, { recursive: true });
  await mount('--no-canonicalize', '--bind', '.', inside);
  for (const covered of ['/var', '/tmp']) {
    const [upper, work] = [`/run/covered${covered}/upper`, `/run/covered${covered}/work`];
    for (const folder of [upper, work]) await mkdir(folder, { recursive: true });
    await mount('-t', 'overlay', '-o', `lowerdir=${covered},upperdir=${upper},workdir=${work}`, 'overlay', covered);
  }
  await mountDatabase();
  await mountVolumes(inside);
  await coverKernelSettings();
  await mount('-o', 'remount,bind,ro', '/');
  // Volumes that the kubelet mounts must show in containers that are there already.
  await mount('--make-rshared', '/');
}

/**
 * The database's folder, `etcd` of the cluster's, under a layer that forgets about fsync: a killed process loses nothing, a power cut may.
 * etcd's own --unsafe-no-fsync is no way to do this: in 3.4 it also keeps what it should write in the process.
 */
async function mountDatabase(): Promise<void> {
  const [upper, work, lower] = [`${inside}/etcd`, `${inside}/etcd.work`, '/run/covered/nothing'];
  // The kernel marks a volatile layer in here and refuses to mount it twice without this.
  await rm(work, { recursive: true, force: true });
  for (const folder of [upper, work, lower, databaseFolder]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const options = `volatile,lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await mount('-t', 'overlay', '-o', options, 'overlay', databaseFolder);
}

async function connectNode(plan: NodePlan): Promise<void> {
  const { nodeAddress, linkPrefix } = plan.addresses;
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  // Whoever sends under an address that is not its own is not heard.
  await writeFile('/proc/sys/net/ipv4/conf/all/rp_filter', '1');
  for (const scope of ['all', 'default']) {
    // Absent where the kernel has no IPv6, which is as good.
    await writeFile(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, '1').catch(ignoreAbsence);
  }
  await writeFile('/run/firewall.nft', renderFirewall(plan.addresses));
  await runCommand('nft', ['--file', '/run/firewall.nft']);
  await waitForCable();
  const commands = ['link set lo up', `address add ${nodeAddress}/${linkPrefix} dev node0`, 'link set node0 up'];
  await runCommand('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
}

/** `up` plugs it in from outside; if that died meanwhile, there is nobody to wait for. */
async function waitForCable(): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    if ((await readFile('/proc/self/net/dev', 'utf8')).includes('node0:')) return;
    await sleep(20);
  }
  throw new Error('the host did not connect this node within 20 s');
}

async function mount(...args: string[]): Promise<void> {
  await runCommand('mount', args, { cwd: '.' });
}

function ignoreAbsence(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
