import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import type { Exec } from '@kubernetes/client-node';
import { RunError } from '../errors.ts';
import type { Kubernetes } from './kubernetes.ts';

export interface ExecRequest {
  namespace: string;
  pod: string;
  container: string;
  /** Never through a shell. A command that reads stdin must know by itself where its input ends: see `execInPod`. */
  command: string[];
  stdin?: Readable | Buffer;
  /** Gets the output with back-pressure and is not ended. Without it the first 1 MiB is in the result. */
  stdout?: Writable;
  signal: AbortSignal;
}

export interface ExecResult {
  exitCode: number;
  /** Empty when `stdout` was given. */
  stdout: string;
  /** The first 1 MiB. */
  stderr: string;
}

type Socket = Awaited<ReturnType<Exec['handler']['connect']>>;

const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;
const chunkBytes = 64 * 1024;
const capturedBytes = 1024 * 1024;
/** A peer that answers no ping for two of these is gone: TCP alone would not tell for many minutes. */
const heartbeatMs = 10_000;

/**
 * Runs a command in a container through the API server and waits for its end. A non-zero exit code is a value.
 * The end of stdin reaches the command only on clusters that speak `v5.channel.k8s.io`, so a command must not wait for it: send a
 * length first. Aborting closes the connection; the command itself may live on.
 * When the container is killed or the pod deleted midway the cluster says 137 or nothing at all.
 * @throws RunError EXEC_REFUSED (retry) when no connection comes about, EXEC_LOST (retry) when it ends without an exit
 *   code; and the signal's reason when aborted
 */
export async function execInPod(kubernetes: Kubernetes, request: ExecRequest): Promise<ExecResult> {
  request.signal.throwIfAborted();
  const stdout = new Capture();
  const stderr = new Capture();
  const ended = Promise.withResolvers<number>();
  ended.promise.catch(ignore);
  let socket: Socket | undefined;
  const deliver = (stream: number, data: Buffer): boolean => {
    if (stream === channel.status) return settle(ended, request, data);
    if (stream === channel.stderr) stderr.add(data);
    else if (stream === channel.stdout && !request.stdout) stdout.add(data);
    else if (stream === channel.stdout && request.stdout?.write(data) === false) holdBack(socket, request.stdout);
    return true;
  };
  socket = await connect(kubernetes, request, deliver);
  const release = watch(socket, request, ended);
  try {
    if (request.stdin) send(socket, request.stdin).catch((cause) => ended.reject(lost(request, cause)));
    const exitCode = await ended.promise;
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
  } catch (error) {
    if (error instanceof RunError && error.code === 'EXEC_LOST' && stderr.text()) error.evidence.push(stderr.text());
    throw error;
  } finally {
    release();
  }
}

/** The name of what is run and where, for messages. */
function named(request: ExecRequest): string {
  const command = request.command.join(' ').slice(0, 120);
  return `running "${command}" in container "${request.container}" of pod "${request.namespace}/${request.pod}"`;
}

function lost(request: ExecRequest, cause: unknown): RunError {
  return new RunError(named(request), {
    code: 'EXEC_LOST',
    remedy: 'retry',
    hint: 'The connection ended before the command did: the container was killed, the pod deleted, or the cluster went away.',
    cause,
  });
}

async function connect(
  kubernetes: Kubernetes,
  request: ExecRequest,
  deliver: (stream: number, data: Buffer) => boolean,
): Promise<Socket> {
  const query = new URLSearchParams({ container: request.container, stdout: 'true', stderr: 'true' });
  if (request.stdin) query.set('stdin', 'true');
  for (const part of request.command) query.append('command', part);
  const path = `/api/v1/namespaces/${request.namespace}/pods/${request.pod}/exec?${query}`;
  const connecting = kubernetes.exec.handler.connect(path, null, deliver);
  // The handler takes no signal: a connection that comes about too late is closed again.
  const abandoned = Promise.withResolvers<never>();
  const abandon = () => {
    abandoned.reject(request.signal.reason);
    connecting.then((socket) => socket.terminate()).catch(ignore);
  };
  request.signal.addEventListener('abort', abandon, { once: true });
  try {
    return (await Promise.race([connecting, abandoned.promise])) as Socket;
  } catch (cause) {
    request.signal.throwIfAborted();
    const message = (cause as { message?: string }).message ?? String(cause);
    throw new RunError(named(request), {
      code: 'EXEC_REFUSED',
      remedy: 'retry',
      hint: message.includes('404')
        ? 'There is no such pod, or its container does not run.'
        : 'The API server or kubelet refused.',
      cause: new Error(message),
    });
  } finally {
    request.signal.removeEventListener('abort', abandon);
  }
}

/** Turns abort, close and silence into a rejection; the returned function lets go of socket, timer and listeners. */
function watch(socket: Socket, request: ExecRequest, ended: PromiseWithResolvers<number>): () => void {
  let alive = true;
  const pong = () => {
    alive = true;
  };
  const closed = () => ended.reject(lost(request, new Error('connection closed without an exit code')));
  const aborted = () => ended.reject(request.signal.reason);
  // A reader that broke would hold the socket back for ever.
  const unread = (cause?: unknown) => ended.reject(cause ?? new Error(`${named(request)}: nobody reads its output`));
  const beat = setInterval(() => {
    if (!alive && !socket.isPaused) return ended.reject(lost(request, new Error('no answer to a ping')));
    alive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, heartbeatMs);
  socket.on('pong', pong);
  socket.on('message', pong);
  socket.on('close', closed);
  socket.on('error', closed);
  request.stdout?.on('error', unread).on('close', unread);
  request.signal.addEventListener('abort', aborted, { once: true });
  if (request.signal.aborted) aborted();
  return () => {
    clearInterval(beat);
    request.signal.removeEventListener('abort', aborted);
    socket.off('close', closed);
    request.stdout?.off('error', unread).off('close', unread);
    socket.terminate();
  };
}

async function send(socket: Socket, input: Readable | Buffer): Promise<void> {
  const chunks: AsyncIterable<Buffer> | Iterable<Buffer> = Buffer.isBuffer(input) ? [input] : Readable.from(input);
  for await (const chunk of chunks) {
    const data = Buffer.from(chunk);
    for (let offset = 0; offset < data.length; offset += chunkBytes) {
      await sendFrame(socket, Buffer.concat([Buffer.of(channel.stdin), data.subarray(offset, offset + chunkBytes)]));
    }
  }
  if (socket.protocol === 'v5.channel.k8s.io') await sendFrame(socket, Buffer.of(channel.close, channel.stdin));
}

/** Resolves when the frame is with the operating system: that is our back-pressure. */
function sendFrame(socket: Socket, frame: Buffer): Promise<void> {
  // A command that needs no more input may have ended already.
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve, reject) =>
    socket.send(frame, (error?: Error | null) => (error ? reject(error) : resolve())),
  );
}

function holdBack(socket: Socket | undefined, stdout: Writable): void {
  if (!socket || socket.isPaused) return;
  socket.pause();
  once(stdout, 'drain').then(
    () => socket.resume(),
    () => socket.resume(),
  );
}

interface ExecStatus {
  status?: string;
  message?: string;
  reason?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** @returns false: the handler closes the connection, nothing follows a status */
function settle(ended: PromiseWithResolvers<number>, request: ExecRequest, data: Buffer): boolean {
  const status = JSON.parse(data.toString('utf8')) as ExecStatus;
  const exitCode = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (status.status === 'Success') ended.resolve(0);
  else if (exitCode !== undefined) ended.resolve(Number(exitCode));
  else ended.reject(lost(request, new Error(status.message ?? status.reason ?? 'no exit code')));
  return false;
}

class Capture {
  #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    if (this.#bytes >= capturedBytes) return;
    this.#chunks.push(chunk.subarray(0, capturedBytes - this.#bytes));
    this.#bytes += chunk.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

function ignore(): undefined {
  return undefined;
}
