import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

const system = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const table = 'ip greenroom_policy';

/** What of the node's rules for NetworkPolicies is taken away: all that judges, or one direction's map. */
export const takenAway = {
  all: `flush chain ${table} forward`,
  ingress: `flush map ${table} ingress`,
  egress: `flush map ${table} egress`,
} as const;

/**
 * A node that enforces no policies while `work` goes on: what its supervisor loads into the kernel is taken out again at once,
 * in the node's own network namespace.
 * @param node the process id of its supervisor
 */
export async function withoutRules<T>(node: number, which: keyof typeof takenAway, work: () => Promise<T>): Promise<T> {
  const loop = `while :; do nft '${takenAway[which]}'; sleep 0.05; done`;
  const child: ChildProcess = spawn('nsenter', ['--target', String(node), '--net', 'bash', '-c', loop], {
    env: system,
    stdio: 'ignore',
  });
  try {
    return await work();
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** A node whose pods do not reach each other at all while `work` goes on, whatever policies say. */
export async function withoutNetwork<T>(node: number, work: () => Promise<T>): Promise<T> {
  const nft = (rules: string) =>
    execFileSync('nsenter', ['--target', String(node), '--net', 'nft', '--file', '-'], { env: system, input: rules });
  nft(`table ip broken {
  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    iifname "veth*" tcp dport 8080 drop
  }
}
`);
  try {
    return await work();
  } finally {
    nft('delete table ip broken\n');
  }
}
