import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a proxy says when it is asked for a way to an address: its status, or why it says nothing. */
export type ProxyAnswer = { status: number } | { silence: string };

const askMs = 10_000;
/** A fence around a new pod may take some seconds until it lets the pod through. */
const patienceMs = 15_000;
const pauseMs = 500;

/** Why nothing at the proxy's address takes a connection; null when something does. */
export async function findSilence(proxy: string, signal: AbortSignal): Promise<string | null> {
  const over = Date.now() + patienceMs;
  for (;;) {
    const silence = await tryToConnect(new URL(proxy), Math.max(1000, over - Date.now()));
    if (silence === null || Date.now() >= over) return silence;
    await delay(pauseMs, undefined, { signal });
  }
}

/** Asks as npm does for a registry behind TLS: by CONNECT. @param target `host:port` */
export function askForWay(proxy: string, target: string): Promise<ProxyAnswer> {
  const url = new URL(proxy);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const asked = request(url, { method: 'CONNECT', path: target, headers: { host: target }, timeout: askMs });
    asked.once('connect', (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode ?? 0 });
    });
    asked.once('timeout', () => asked.destroy(new Error('it does not answer')));
    asked.once('error', (error) => resolve({ silence: error.message }));
    asked.end();
  });
}

function tryToConnect(url: URL, timeoutMs: number): Promise<string | null> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port });
    const end = (silence: string | null) => {
      socket.destroy();
      resolve(silence);
    };
    socket.setTimeout(timeoutMs, () => end('it does not answer'));
    socket.once('connect', () => end(null));
    socket.once('error', (error) => end(error.message));
  });
}
