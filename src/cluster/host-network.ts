import { z } from 'zod';
import type { AddressPlan } from './address-plan.ts';
import { linkName } from './cluster-folder.ts';
import { runCommand } from './run-command.ts';

const Routes = z.array(z.object({ dst: z.string() }));
const Links = z.array(z.object({ ifname: z.string() }));

/** Networks and addresses that this machine uses, from all its routing tables. */
export async function takenNetworks(signal: AbortSignal): Promise<string[]> {
  const routes = Routes.parse(
    JSON.parse(await runCommand('ip', ['-json', '-4', 'route', 'show', 'table', 'all'], { signal })),
  );
  return routes.map((route) => route.dst).filter((network) => /^[0-9]/.test(network));
}

export async function hasLink(id: string): Promise<boolean> {
  const links = Links.parse(JSON.parse(await runCommand('ip', ['-json', 'link', 'show'])));
  return links.some((link) => link.ifname === linkName(id));
}

/** The host's end of the node's only cable. The kernel removes it, and its routes, together with the node's network namespace. */
export async function connectHost(id: string, nodePid: number, plan: AddressPlan): Promise<void> {
  const link = linkName(id);
  const commands = [
    `link add ${link} type veth peer name node0 netns ${nodePid}`,
    `address add ${plan.hostAddress}/${plan.linkPrefix} dev ${link}`,
    `link set ${link} up`,
    `route add ${plan.serviceNetwork} via ${plan.nodeAddress} dev ${link}`,
    `route add ${plan.podNetwork} via ${plan.nodeAddress} dev ${link}`,
  ];
  await runCommand('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
}

export async function disconnectHost(id: string): Promise<void> {
  if (await hasLink(id)) await runCommand('ip', ['link', 'delete', linkName(id)]);
}
