import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { explain } from '../../../errors.ts';

/** The type of our link in the chain of plugins. */
export const policyPlugin = 'greenroom-policy';
/** Debian's plugins, and ours. */
export const pluginFolder = '/run/cni-plugins';
const debians = '/usr/lib/cni';

export interface PlacedSandbox {
  /** The sandbox's, as containerd names it. */
  container: string;
  namespace: string;
  name: string;
  addresses: string[];
}

export interface PolicyPlugin {
  /** Resolves when the pod's rules are in force: no process of it has begun. */
  onAdd: (sandbox: PlacedSandbox) => Promise<void>;
  onDelete: (container: string) => Promise<void>;
}

const Configuration = z.object({
  cniVersion: z.string(),
  prevResult: z.looseObject({ ips: z.array(z.object({ address: z.string() })).nullish() }).nullish(),
});

/**
 * The last plugin of each pod's network: containerd asks it when the pod's network stands and before its first process runs,
 * and waits for the answer. A few lines of bash that ask this process over the node's loopback, which no pod reaches.
 */
export async function servePolicyPlugin(plugin: PolicyPlugin): Promise<void> {
  const secret = randomBytes(24).toString('hex');
  const server = createServer((socket) => void serve(socket, secret, plugin).catch(() => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await rm(pluginFolder, { recursive: true, force: true });
  await mkdir(pluginFolder);
  for (const name of ['ptp', 'host-local', 'loopback']) await symlink(`${debians}/${name}`, `${pluginFolder}/${name}`);
  const file = `${pluginFolder}/${policyPlugin}`;
  await writeFile(file, script(port, secret), { mode: 0o700 });
}

/** What it has read and printed is on one line each: newlines mean nothing between the words of JSON. */
function script(port: number, secret: string): string {
  return `#!/bin/bash
if [[ $CNI_COMMAND == VERSION ]]; then
  echo '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}'
  exit 0
fi
input=$(tr -d '\\n')
exec 3<>/dev/tcp/127.0.0.1/${port}
printf '%s\\n' ${secret} "$CNI_COMMAND" "$CNI_CONTAINERID" "$CNI_ARGS" "$input" >&3
read -r -u 3 code
cat <&3
exit "$code"
`;
}

async function serve(socket: Socket, secret: string, plugin: PolicyPlugin): Promise<void> {
  socket.on('error', () => socket.destroy());
  socket.setTimeout(60_000, () => socket.destroy());
  const lines: string[] = [];
  for await (const line of createInterface({ input: socket })) {
    lines.push(line);
    if (lines.length === 5) break;
  }
  const [said, command = '', container = '', args = '', input = ''] = lines;
  if (said !== secret) return void socket.destroy();
  try {
    socket.end(`0\n${await answer({ command, container, args, input }, plugin)}`);
  } catch (error) {
    socket.end(`1\n${JSON.stringify({ code: 11, msg: `network policies: ${explain(error)}` })}\n`);
  }
}

interface Asked {
  command: string;
  container: string;
  args: string;
  input: string;
}

async function answer({ command, container, args, input }: Asked, plugin: PolicyPlugin): Promise<string> {
  if (command === 'DEL') {
    await plugin.onDelete(container);
    return '';
  }
  if (command !== 'ADD') return '';
  const { cniVersion, prevResult } = Configuration.parse(JSON.parse(input));
  const words = new Map(args.split(';').map((word) => word.split('=') as [string, string]));
  const [namespace = '', name = ''] = [words.get('K8S_POD_NAMESPACE'), words.get('K8S_POD_NAME')];
  const addresses = (prevResult?.ips ?? []).map(({ address }) => address.split('/')[0] ?? '');
  await plugin.onAdd({ container, namespace, name, addresses });
  return `${JSON.stringify({ ...prevResult, cniVersion })}\n`;
}
