import { once } from 'node:events';
import type { Server } from 'node:http';
import process from 'node:process';
import { log } from './log.ts';

const drainMs = 5000;

/** Listens until SIGTERM or SIGINT, then answers what is under way and ends. */
export async function serve(server: Server, port: number): Promise<void> {
  server.listen(port);
  await once(server, 'listening');
  const address = server.address();
  log('listening', { port: typeof address === 'object' ? address?.port : port });
  const signal = await Promise.race(['SIGTERM', 'SIGINT'].map((name) => once(process, name).then(() => name)));
  log('stopping', { signal });
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), drainMs).unref();
  await closed;
}
