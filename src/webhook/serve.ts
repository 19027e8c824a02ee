import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { RunError } from '../errors.ts';

export interface Served {
  /** The real one, also when 0 was asked for. */
  port: number;
  url: string;
  /** Refuses new connections and waits for requests under way, at most `graceMs` (5 s). */
  close(graceMs?: number): Promise<void>;
}

/**
 * Longer than the 60 s after which the usual proxies and load balancers end an idle connection: else one of theirs is closed here just
 * when a delivery is sent on it, and the forge hears of a reset.
 */
const keepAliveMs = 75_000;

/**
 * Listens with an app.
 * @param port 0 takes a free one
 * @throws RunError PORT_IN_USE, HOST_UNAVAILABLE, PORT_REFUSED
 */
export async function serve(app: Hono, { host, port }: { host: string; port: number }): Promise<Served> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.requestTimeout = 30_000;
  server.headersTimeout = 15_000;
  server.keepAliveTimeout = keepAliveMs;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw asListenError(error, host, port);
  }
  const address = server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    port: address.port,
    url: `http://${shown}:${address.port}`,
    close: (graceMs = 5_000) => closeServer(server, graceMs),
  };
}

/** Also for a server on a Unix socket. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  // Those whose request was under way are idle later.
  const tidying = setInterval(() => server.closeIdleConnections(), 50);
  const impatient = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(tidying);
  clearTimeout(impatient);
}

function asListenError(error: unknown, host: string, port: number): RunError {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  const doing = `listening on ${host}:${port}`;
  if (code === 'EADDRINUSE') {
    return new RunError(`${doing}, which another process holds`, {
      code: 'PORT_IN_USE',
      remedy: 'fix-input',
      hint: `Stop that process (ss -ltnp "sport = :${port}" shows it), or set GREENROOM_PORT to a free port.`,
      cause: error,
    });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new RunError(doing, {
      code: 'HOST_UNAVAILABLE',
      remedy: 'fix-input',
      hint: 'Set GREENROOM_HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.',
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new RunError(doing, {
      code: 'PORT_REFUSED',
      remedy: 'fix-input',
      hint: 'Set GREENROOM_PORT to a port of 1024 or more.',
      cause: error,
    });
  }
  return new RunError(doing, { code: 'PORT_REFUSED', remedy: 'retry', cause: error });
}
