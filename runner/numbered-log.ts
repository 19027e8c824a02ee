import { appendFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** What a line of the log says, beside `seq` and `t`. */
export type LogEvent =
  | { kind: 'hello'; suite: string; shard: number; node: string }
  | { kind: 'warm'; afterMs: number }
  | { kind: 'started' }
  | { kind: 'notice'; text: string }
  | { kind: 'progress'; done: number; total: number; failed: number }
  | { kind: 'test'; name: string; status: string; durationMs: number; retry: number; message?: string }
  | { kind: 'output'; stream: 'stdout' | 'stderr'; text: string }
  | { kind: 'finished'; finished: object };

/** A line of the container runtime's log file holds 16 KiB; longer ones would be torn apart. */
const lineBytes = 12 * 1024;
/** Below the 10 MiB at which the kubelet rotates a log, so that all of it can be read again from the start. */
const logBytes = 8 * 1024 * 1024;
const outputBytes = 6 * 1024 * 1024;

/** The pod's one voice: numbered lines on the log and the same in a file. Only the wrapper writes here. */
export class NumberedLog {
  #sequence = 0;
  #written = 0;
  #print: (line: string) => void;
  #file: string;

  constructor(print: (line: string) => void, file: string) {
    this.#print = print;
    this.#file = file;
  }

  say(event: LogEvent): void {
    const limit = event.kind === 'output' ? outputBytes : logBytes;
    if (this.#written > limit && event.kind !== 'finished' && event.kind !== 'started') return;
    this.#sequence += 1;
    const line = `${JSON.stringify({ seq: this.#sequence, t: Date.now(), ...event })}\n`;
    const crossed = this.#written <= limit && this.#written + line.length > limit;
    this.#written += Buffer.byteLength(line);
    appendFileSync(this.#file, line);
    this.#print(line);
    if (crossed) this.say({ kind: 'notice', text: `more than ${limit} bytes of ${event.kind} are not shown` });
  }
}

/** Gathers what a child prints into lines of the log: several lines of text at once, 10 times a second at most. */
export class OutputRecorder {
  #log: NumberedLog;
  #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  #pending = { stdout: '', stderr: '' };
  #tail = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(log: NumberedLog) {
    this.#log = log;
  }

  add(stream: 'stdout' | 'stderr', chunk: Buffer | string): void {
    const text = typeof chunk === 'string' ? chunk : this.#decoders[stream].write(chunk);
    this.#tail = (this.#tail + text).slice(-4096);
    this.#pending[stream] += text;
    if (this.#pending[stream].length > lineBytes) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), 100);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = this.#pending[stream];
      this.#pending[stream] = '';
      for (const part of piecesOf(text)) this.#log.say({ kind: 'output', stream, text: part });
    }
  }

  get tail(): string {
    return this.#tail;
  }
}

function* piecesOf(text: string): Generator<string> {
  if (text === '') return;
  if (JSON.stringify(text).length <= lineBytes) yield text;
  else {
    const middle = Math.ceil(text.length / 2);
    yield* piecesOf(text.slice(0, middle));
    yield* piecesOf(text.slice(middle));
  }
}
