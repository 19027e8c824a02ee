import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureCertificates } from './certificates.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import type { PartName } from './embedded-cluster.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { type NodePlan, registryPort } from './node-plan.ts';
import { runCommand } from './run-command.ts';
import { writeFileAtomically } from './write-file.ts';

/** Who speaks to the API server from inside, and as whom. */
const clients: PartName[] = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns'];

export const clusterContext = (name: string): string => `greenroom-${name}`;
export const dockerConfigPath = (folder: ClusterFolder): string => join(folder.path, 'docker', 'config.json');

/** Writes everything that is secret or for people: certificates (once), kubeconfigs, the registry's password. */
export async function furnishFolder(folder: ClusterFolder, plan: NodePlan, signal: AbortSignal): Promise<void> {
  const config = join(folder.path, 'config');
  const pki = join(folder.path, 'pki');
  const { nodeAddress } = plan.addresses;
  await mkdir(config, { recursive: true, mode: 0o700 });
  await ensureCertificates(folder.path, plan.addresses, signal);
  await Promise.all([
    ...clients.map(async (client) => {
      const content = await renderKubeconfig(pki, client, 'greenroom', nodeAddress);
      await writeFile(join(config, `${client}.kubeconfig`), content, { mode: 0o600 });
    }),
    renderKubeconfig(pki, 'admin', clusterContext(folder.name), nodeAddress).then((content) =>
      writeFileAtomically(folder.kubeconfig, content),
    ),
    furnishLogin(folder, plan, signal),
  ]);
}

async function furnishLogin(folder: ClusterFolder, plan: NodePlan, signal: AbortSignal): Promise<void> {
  const { login } = plan.registry;
  const dockerConfig = dockerConfigPath(folder);
  if (login === null) return rm(dockerConfig, { force: true });
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const content = { auths: { [`${plan.addresses.nodeAddress}:${registryPort}`]: { auth } } };
  await mkdir(join(folder.path, 'docker'), { recursive: true, mode: 0o700 });
  await writeFileAtomically(dockerConfig, `${JSON.stringify(content, null, 1)}\n`);
  const hash = await bcrypt(login.password, signal);
  await writeFile(join(folder.path, 'config', 'htpasswd'), `${login.username}:${hash}\n`, { mode: 0o600 });
}

/** The only kind of hash that the registry takes. Debian's perl has it by its C library; the password is no argument that `ps` shows. */
async function bcrypt(password: string, signal: AbortSignal): Promise<string> {
  const salt = `$2b$05$${randomBytes(16).toString('base64').replaceAll('+', '.').slice(0, 21)}u`;
  return runCommand('perl', ['-e', 'print crypt($ENV{PASSWORD}, $ENV{SALT})'], {
    env: { PASSWORD: password, SALT: salt },
    signal,
  });
}
