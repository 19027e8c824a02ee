import type { ReadableStream as WebStream } from 'node:stream/web';
import { RunError } from '../errors.ts';

const maxFileBytes = 1024 * 1024;

/**
 * One file as text.
 * @throws RunError `FORGE_REFUSED` for one over 1 MiB, of which no more is read
 */
export async function boundedText(stream: WebStream<Uint8Array>, doing: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxFileBytes) {
      throw new RunError(doing, {
        code: 'FORGE_REFUSED',
        remedy: 'fix-input',
        hint: `The file is larger than ${maxFileBytes} bytes, the most that Greenroom reads.`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
