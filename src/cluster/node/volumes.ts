import { chmodSync, readdirSync, statSync, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';

/** The controller manager's own provisioner, for one machine, makes a folder per claim in here; the path is fixed in its source. */
const provisioned = '/tmp/hostpath_pv';
const everybody = 0o777;
/** Much less than the cluster needs to begin a pod with a new volume. */
const restMs = 50;

/** What claims of pods keep, `volumes` of the cluster's folder. */
export async function mountVolumes(folder: string): Promise<void> {
  const volumes = join(folder, 'volumes');
  for (const path of [volumes, provisioned]) await mkdir(path, { recursive: true, mode: 0o755 });
  await runCommand('mount', ['--bind', volumes, provisioned]);
}

/**
 * Folders come for root alone, and the kubelet gives a volume of this kind to no group: open them, as a claim's owner expects. A
 * change of mode wakes the watch as well, ours or that of whoever has the volume: it rests in between, or nothing else would be done here.
 */
export function openVolumes(): void {
  const watcher = watch(provisioned);
  watcher.once('change', () => {
    watcher.close();
    setTimeout(openVolumes, restMs);
  });
  for (const name of readdirSync(provisioned)) open(join(provisioned, name));
}

function open(path: string): void {
  try {
    if ((statSync(path).mode & everybody) !== everybody) chmodSync(path, everybody);
  } catch (error) {
    // A volume may be deleted between the list and the change.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
