import { mkdir, readdir, readFile, realpath, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = '/sys/fs/cgroup';
/** Version 1's weight of a process that is in no group. */
const oneProcess = 1024;

/** The folders of all cgroup hierarchies: one in version 2, one per controller in version 1. */
async function cgroupHierarchies(): Promise<{ version: 1 | 2; folders: string[] }> {
  const entries = await readdir(root, { withFileTypes: true });
  if (entries.some((entry) => entry.name === 'cgroup.controllers')) return { version: 2, folders: [root] };
  const named = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
  const folders = await Promise.all(named.map((entry) => realpath(join(root, entry.name))));
  return { version: 1, folders: [...new Set(folders)] };
}

/**
 * Makes the cluster's cgroup in every hierarchy, for the kubelet's pods, and moves this process into `node` in it: what the
 * parts use is counted and limited here, and not with the session that typed `up`.
 */
export async function enterCgroup(name: string): Promise<void> {
  const { version, folders } = await cgroupHierarchies();
  for (const folder of folders) {
    const [ours, node] = [join(folder, name), join(folder, name, 'node')];
    if (version === 2) await passControllersOn(folder);
    await mkdir(ours, { recursive: true });
    if (version === 2) await passControllersOn(ours);
    else await furnish(folder, ours, 10 * oneProcess);
    await mkdir(node, { recursive: true });
    if (version === 1) await furnish(ours, node, 2 * oneProcess);
    await writeFile(join(node, 'cgroup.procs'), '0');
  }
}

/** Version 1 starts a cpuset empty, where nothing can run; and a group weighs as much as a single process beside it. */
async function furnish(parent: string, child: string, shares: number): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const value = await readFile(join(parent, file), 'utf8').catch(() => null);
    if (value !== null) await writeFile(join(child, file), value.trim());
  }
  const weight = join(child, 'cpu.shares');
  if ((await readFile(weight, 'utf8').catch(() => null)) !== null) await writeFile(weight, String(shares));
}

async function passControllersOn(folder: string): Promise<void> {
  const available = (await readFile(join(folder, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/);
  const passedOn = (await readFile(join(folder, 'cgroup.subtree_control'), 'utf8')).trim().split(/\s+/);
  const missing = available.filter((controller) => controller !== '' && !passedOn.includes(controller));
  const needed = missing.filter((controller) =>
    ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'].includes(controller),
  );
  if (needed.length > 0) {
    await writeFile(join(folder, 'cgroup.subtree_control'), needed.map((controller) => `+${controller}`).join(' '));
  }
}

/** Removes the cluster's cgroup with everything in it. The kernel may take a moment to see that the last process is gone. */
export async function removeCgroup(name: string): Promise<void> {
  const { folders } = await cgroupHierarchies();
  for (const folder of folders) {
    const ours = join(folder, name);
    for (let attempt = 1; !(await isRemoved(ours)); attempt += 1) {
      if (attempt > 100) throw new Error(`the cgroup "${ours}" still has processes`);
      await sleep(50);
    }
  }
}

async function isRemoved(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await isRemoved(join(folder, entry.name));
  return rmdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}
