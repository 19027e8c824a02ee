import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const keptLines = 200;
const lineLimit = 2000;

/** Takes output as it comes, tells each whole line, and keeps the last ones. */
export class LineTail extends Writable {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  readonly #lines: string[] = [];
  #rest = '';

  constructor(onLine: (line: string) => void) {
    super();
    this.#onLine = onLine;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const parts = (this.#rest + this.#decoder.write(chunk)).split(/\r\n|[\n\r]/);
    // A line without an end must not grow without a bound.
    this.#rest = (parts.pop() ?? '').slice(-lineLimit);
    for (const part of parts) this.#add(part);
    done();
  }

  /** The last lines, an unfinished one included. */
  lines(): string[] {
    return this.#rest === '' ? [...this.#lines] : [...this.#lines, this.#rest];
  }

  #add(text: string): void {
    const line = text.slice(0, lineLimit);
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
    this.#onLine(line);
  }
}
