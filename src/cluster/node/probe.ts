import { connect } from 'node:net';
import type { NodeClient } from './node-client.ts';
import type { Probe } from './parts.ts';

/** Null when the part is well, else what is wrong, in one line. */
export async function probePart(probe: Probe, client: NodeClient): Promise<string | null> {
  try {
    if (probe.kind === 'socket') {
      await connectOnce(probe.path);
      return null;
    }
    const answer = await client.request('GET', probe.url);
    return probe.accept.includes(answer.status) ? null : `answers ${answer.status}: ${answer.body.slice(0, 200)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function connectOnce(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, timeout: 3000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer within 3 s')));
    socket.once('error', reject);
  });
}
