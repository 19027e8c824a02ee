import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { asRunError } from '../errors.ts';
import { closeServer } from './serve.ts';

/** What the command line may ask of the process that holds the store. */
export const controlVerbs = ['teardown', 'sweep', 'run', 'status'] as const;
export type ControlVerb = (typeof controlVerbs)[number];

/**
 * Does what was asked: `say` sends a line of progress, the value is the answer, a thrown RunError reaches the caller
 * whole. The signal ends with the caller's connection.
 */
export type ControlHandler = (body: unknown, say: (progress: unknown) => void, signal: AbortSignal) => Promise<unknown>;

export interface ControlSocket {
  path: string;
  close(): Promise<void>;
}

/** sun_path has 108 bytes, the last one NUL. */
const maxSocketPath = 107;

/**
 * Serves the command line on `<dataDir>/greenroom.sock`, for this user alone. The caller holds the data folder's lock,
 * so a socket that is there already is a dead one's. Where the path is too long for a socket, a short one stands in
 * `greenroom.sock.path`.
 */
export async function openControlSocket(
  dataDir: string,
  handlers: Record<ControlVerb, ControlHandler>,
): Promise<ControlSocket> {
  const direct = join(dataDir, 'greenroom.sock');
  const pointer = `${direct}.path`;
  const fits = Buffer.byteLength(direct) <= maxSocketPath;
  const path = fits ? direct : join(await mkdtemp(join(tmpdir(), 'greenroom-')), 's');
  await rm(path, { force: true });
  await rm(pointer, { force: true });
  const server = createAdaptorServer({ fetch: controlApp(handlers).fetch }) as Server;
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
  if (!fits) await writeFile(pointer, path, { mode: 0o600 });
  return {
    path,
    async close() {
      await closeServer(server, 2_000);
      await rm(fits ? path : dirname(path), { recursive: true, force: true });
      await rm(pointer, { force: true });
    },
  };
}

function controlApp(handlers: Record<ControlVerb, ControlHandler>): Hono {
  const app = new Hono();
  for (const verb of controlVerbs) {
    app.post(`/control/${verb}`, async (context) => {
      const body: unknown = await context.req.json().catch(() => null);
      context.header('Content-Type', 'application/x-ndjson');
      return stream(context, async (out) => {
        const gone = new AbortController();
        out.onAbort(() => gone.abort(new Error('the caller went away')));
        const write = (line: unknown) => out.write(`${JSON.stringify(line)}\n`);
        let sent: Promise<unknown> = Promise.resolve();
        const say = (progress: unknown) => {
          sent = sent.then(() => write({ progress }));
        };
        const answer = await handlers[verb](body, say, gone.signal).then(
          (result) => ({ result: result ?? null }),
          (error: unknown) => ({ error: asLine(error, verb) }),
        );
        await sent;
        await write(answer);
      });
    });
  }
  return app;
}

function asLine(thrown: unknown, verb: ControlVerb) {
  const { message, code, remedy, hint, problems, evidence } = asRunError(
    thrown,
    `doing "${verb}" for the command line`,
  );
  return { doing: message, code, remedy, hint, problems, evidence };
}
