import { chmodSync, readdirSync, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';

/** The controller manager's own provisioner, for one machine, makes a folder per claim in here; the path is fixed in its source. */
const provisioned = '/tmp/hostpath_pv';

/** What claims of pods keep, `volumes` of the cluster's folder. */
export async function mountVolumes(folder: string): Promise<void> {
  const volumes = join(folder, 'volumes');
  for (const path of [volumes, provisioned]) await mkdir(path, { recursive: true, mode: 0o755 });
  await runCommand('mount', ['--bind', volumes, provisioned]);
}

/** Folders come for root alone, and the kubelet gives a volume of this kind to no group: open them, as a claim's owner expects. */
export function openVolumes(): void {
  const openAll = () => {
    for (const name of readdirSync(provisioned)) chmodSync(join(provisioned, name), 0o777);
  };
  watch(provisioned, () => {
    try {
      openAll();
    } catch (error) {
      // A volume may be deleted between the list and the change.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  });
  openAll();
}
