import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmbeddedCluster } from '../../src/cluster/embedded-cluster.ts';
import { explain } from '../../src/errors.ts';
import { ACluster } from '../cluster/a-cluster.ts';
import { ensureMachine } from '../ensure-machine.ts';

/** The cluster that the faults happen to, by its name in its data folder. */
export const clusterName = 'faults';

/**
 * For the project "faults": one cluster for all of its files, since parts of it die; it comes up when the first file asks for
 * it, and goes by DELETE. Its registry has TLS, so that `serve` may use it by its context: each stand has a data folder of its own, and
 * replicas have several. Sets GREENROOM_TEST_K6, and GREENROOM_FAULTS_CLUSTER, an address that answers with the cluster; where it is set already,
 * that cluster is used.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env.GREENROOM_FAULTS_CLUSTER) return async () => undefined;
  let own: ACluster | null = null;
  let coming: Promise<EmbeddedCluster> | null = null;
  const tools = await ensureMachine((line) => process.stderr.write(`faults' cluster: ${line}\n`));
  process.env.GREENROOM_TEST_K6 ??= tools.k6;
  const bringUp = async () => {
    own = new ACluster(clusterName, 'data', { registryTls: true });
    return own.up();
  };
  const takeDown = async () => {
    await coming?.catch(() => undefined);
    coming = null;
    await own?.remove();
    own = null;
  };
  const server = createServer((request, response) => {
    if (request.method !== 'DELETE') coming ??= bringUp();
    const answer = request.method === 'DELETE' ? takeDown() : coming;
    Promise.resolve(answer).then(
      (cluster) => response.end(JSON.stringify(cluster ?? null)),
      (error: unknown) => response.writeHead(500).end(explain(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env.GREENROOM_FAULTS_CLUSTER = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => {
    server.close();
    server.closeAllConnections();
    await takeDown();
  };
}
