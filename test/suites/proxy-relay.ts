import { connect, type Socket } from 'node:net';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { nodeImage, startPod } from '../kubernetes/development-cluster.ts';

const tunnelPort = 9000;
const proxyPort = 3128;
const tunnels = 16;

/** Joins each client with a connection that came from outside beforehand. */
const program = `
const net = require('node:net');
const idle = [], waiting = [];
const quiet = (socket) => socket.on('error', () => socket.destroy());
const join = (client, tunnel) => {
  tunnel.write('!');
  client.pipe(tunnel).pipe(client);
  client.on('close', () => tunnel.destroy());
  tunnel.on('close', () => client.destroy());
};
net.createServer((tunnel) => {
  quiet(tunnel);
  if (waiting.length > 0) join(waiting.shift(), tunnel); else idle.push(tunnel);
}).listen(${tunnelPort});
net.createServer((client) => {
  quiet(client);
  if (idle.length > 0) join(client, idle.shift()); else waiting.push(client);
}).listen(${proxyPort});`;

/**
 * Pods of the embedded cluster reach nothing outside, but this machine reaches them: a pod stands for the proxy at its own
 * address, and what it is told goes through connections that were made from here.
 */
export async function startProxyRelay(
  kubernetes: Kubernetes,
  namespace: string,
  port: number,
): Promise<{ address: string; host: string; port: number; stop: () => void }> {
  await startPod(kubernetes, namespace, 'proxy', {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'proxy', image: await nodeImage(), command: ['node', '-e', program] }],
  });
  const pod = await kubernetes.core.readNamespacedPod({ namespace, name: 'proxy' });
  const host = pod.status?.podIP ?? '';
  const open = new Set<Socket>();
  let stopped = false;
  const dig = (): void => {
    if (stopped) return;
    const tunnel = connect(tunnelPort, host);
    open.add(tunnel.once('close', () => open.delete(tunnel)));
    // The pod runs before its program listens.
    tunnel.on('error', () => setTimeout(dig, 200));
    tunnel.once('data', (first: Buffer) => {
      dig();
      tunnel.pause();
      tunnel.unshift(first.subarray(1));
      const proxy = connect(port, '127.0.0.1');
      proxy.on('error', () => tunnel.destroy());
      tunnel.on('close', () => proxy.destroy());
      tunnel.pipe(proxy).pipe(tunnel);
    });
  };
  for (let count = 0; count < tunnels; count += 1) dig();
  const stop = () => {
    stopped = true;
    for (const socket of open) socket.destroy();
  };
  return { address: `http://${host}:${proxyPort}`, host, port: proxyPort, stop };
}
