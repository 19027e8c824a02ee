import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { apiRequest } from './api-request.ts';
import type { Kubernetes } from './kubernetes.ts';
import { containerStatusOf } from './pods.ts';
import { type LogSource, openLog } from './read-log.ts';

/** A line of a log whose writer counts: `seq` from 1 without gaps, `t` in epoch milliseconds. */
export interface NumberedLine {
  seq: number;
  t: number;
  kind: string;
  [field: string]: unknown;
}

/** Where in a log one has come to. */
export type LinePlace = Pick<NumberedLine, 'seq' | 't'>;

export interface FollowRequest extends LogSource {
  /** Each line once, in order. */
  onLine: (line: NumberedLine) => void;
  /** The line after which nothing is of interest. */
  isLast: (line: NumberedLine) => boolean;
  /** The last line that an earlier reader has seen; 0 for none. */
  after?: LinePlace;
  signal: AbortSignal;
}

export interface FollowEnd {
  /** `last`: the last line came. `container-ended`: it never will. */
  reason: 'last' | 'container-ended';
  lastSeq: number;
  /** Lines that were lost: rotated away before they were read. */
  missing: number;
}

/** A follow that is silent for so long is opened again: the stream of a dead connection just stays silent. */
const silenceMs = 20_000;
const retryMs = 500;
/** Beyond what a writer of ours writes, for whoever writes in its place. */
const longestLine = 256 * 1024;
const mostLines = 200_000;

/**
 * Follows a numbered log live. When the stream ends, fails or falls silent, it is read again from the last line's
 * second; what comes twice is dropped by its number. Lines that are not numbered are ignored.
 * @throws the signal's reason when aborted; nothing else: a cluster that is away for a while is tried again
 */
export async function followNumberedLog(kubernetes: Kubernetes, request: FollowRequest): Promise<FollowEnd> {
  const reader = new NumberedReader(request);
  for (;;) {
    // Asked before reading: what a container wrote before it ended is then surely in what is read.
    const ended = await hasEnded(kubernetes, request);
    await readOnce(kubernetes, request, reader, !ended).catch(() => request.signal.throwIfAborted());
    request.signal.throwIfAborted();
    const { lastSeq, missing } = reader;
    if (reader.complete) return { reason: 'last', lastSeq, missing };
    if (ended) return { reason: 'container-ended', lastSeq, missing };
    await delay(retryMs, undefined, { signal: request.signal });
  }
}

/**
 * What stands in a numbered log now, from its start. @returns whence to follow it
 * @throws RunError LOG_REFUSED (retry) when the cluster does not open it; the signal's reason when aborted
 */
export async function readNumberedLog(
  kubernetes: Kubernetes,
  request: Omit<FollowRequest, 'after'>,
): Promise<LinePlace> {
  const reader = new NumberedReader(request);
  await readOnce(kubernetes, request, reader, false);
  return { seq: reader.lastSeq, t: reader.lastAt };
}

async function readOnce(
  kubernetes: Kubernetes,
  request: FollowRequest,
  reader: NumberedReader,
  follow: boolean,
): Promise<void> {
  const connection = new AbortController();
  const signal = AbortSignal.any([connection.signal, request.signal]);
  const guard = setTimeout(() => connection.abort(), silenceMs);
  try {
    const source = { namespace: request.namespace, pod: request.pod, container: request.container };
    const since = reader.lastAt === 0 ? {} : { since: new Date(reader.lastAt - 1000) };
    const stream = await openLog(kubernetes, { ...source, ...since, follow, signal });
    reader.startAgain();
    for await (const chunk of stream) {
      guard.refresh();
      reader.add(chunk as Buffer);
      if (reader.complete) return;
    }
    reader.add(Buffer.from('\n'));
  } finally {
    clearTimeout(guard);
    connection.abort();
  }
}

async function hasEnded(kubernetes: Kubernetes, request: FollowRequest): Promise<boolean> {
  const { namespace, pod: name, container, signal } = request;
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const { status, body } = await apiRequest<V1Pod>(kubernetes, { path, signal });
    if (status !== 200) return status === 404;
    return containerStatusOf(body, container)?.state?.terminated !== undefined || isOver(body.status?.phase);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function isOver(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/**
 * Cuts a stream of chunks into lines, drops what came before, counts what is missing. A line without end is dropped as it comes, and
 * of too many lines all but the last.
 */
export class NumberedReader {
  lastSeq: number;
  lastAt: number;
  missing = 0;
  complete = false;
  #rest = '';
  #isTooLong = false;
  #lines = 0;
  #decoder = new TextDecoder();
  #request: Pick<FollowRequest, 'onLine' | 'isLast' | 'after'>;

  constructor(request: Pick<FollowRequest, 'onLine' | 'isLast' | 'after'>) {
    this.#request = request;
    this.lastSeq = request.after?.seq ?? 0;
    this.lastAt = request.after?.t ?? 0;
  }

  /** A new stream does not go on where the last one was torn. */
  startAgain(): void {
    this.#rest = '';
    this.#isTooLong = false;
    this.#decoder = new TextDecoder();
  }

  add(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!this.#isTooLong) this.#take(line);
      this.#isTooLong = false;
    }
    this.#isTooLong ||= rest.length > longestLine;
    this.#rest = this.#isTooLong ? '' : rest;
  }

  #take(text: string): void {
    const line = parseNumbered(text);
    if (!line || line.seq <= this.lastSeq || this.complete) return;
    this.missing += line.seq - this.lastSeq - 1;
    this.lastSeq = line.seq;
    this.lastAt = line.t;
    this.complete = this.#request.isLast(line);
    this.#lines += 1;
    if (this.#lines <= mostLines || this.complete) this.#request.onLine(line);
  }
}

function parseNumbered(text: string): NumberedLine | null {
  if (!text.startsWith('{"seq":')) return null;
  try {
    const line = JSON.parse(text) as Partial<NumberedLine>;
    const isNumbered = Number.isSafeInteger(line.seq) && typeof line.t === 'number' && typeof line.kind === 'string';
    return isNumbered ? (line as NumberedLine) : null;
  } catch {
    return null;
  }
}
