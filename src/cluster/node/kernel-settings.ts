import { mkdir, writeFile } from 'node:fs/promises';
import { runCommand } from '../run-command.ts';

/** What the kubelet (1.35) sets for the whole machine, unless it reads that it is so already. */
const wantedByKubelet = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

/** These settings have no namespaces: covered in the node's own /proc, the host's stay as they are. */
export async function coverKernelSettings(): Promise<void> {
  for (const [setting, value] of Object.entries(wantedByKubelet)) {
    const cover = `/run/covered/settings/${setting.replaceAll('/', '.')}`;
    await mkdir('/run/covered/settings', { recursive: true });
    await writeFile(cover, `${value}\n`);
    await runCommand('mount', ['--bind', cover, `/proc/sys/${setting}`]);
  }
}
