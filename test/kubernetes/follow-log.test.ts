import { expect, test } from 'vitest';
import { type NumberedLine, NumberedReader } from '../../src/kubernetes/follow-log.ts';

function read(chunks: string[], startAgainBefore?: number): { seqs: number[]; reader: NumberedReader } {
  const seqs: number[] = [];
  const reader = new NumberedReader({
    onLine: (line: NumberedLine) => seqs.push(line.seq),
    isLast: (line) => line.kind === 'finished',
  });
  chunks.forEach((chunk, index) => {
    if (index === startAgainBefore) reader.startAgain();
    reader.add(Buffer.from(chunk));
  });
  return { seqs, reader };
}
const line = (seq: number, kind = 'output') => `${JSON.stringify({ seq, t: 1000 + seq, kind, text: 'ü' })}\n`;

test('lines that are torn over chunks, in the middle of a character too, are put together', () => {
  const bytes = Buffer.from(line(1) + line(2));
  const seqs: number[] = [];
  const reader = new NumberedReader({ onLine: ({ seq }) => seqs.push(seq), isLast: () => false });

  for (const byte of bytes) reader.add(Buffer.of(byte));

  expect(seqs).toEqual([1, 2]);
});

test('what is read again after a gap comes once', () => {
  const { seqs, reader } = read([line(1) + line(2) + line(3).slice(0, 9), line(2) + line(3) + line(4)], 1);

  expect(seqs).toEqual([1, 2, 3, 4]);
  expect(reader.missing).toBe(0);
});

test('lines that were lost are counted', () => {
  const { reader } = read([line(1), line(5)]);

  expect(reader.missing).toBe(3);
});

test('lines that nobody numbered are ignored, and nothing counts after the last', () => {
  const { seqs, reader } = read(['panic: oh\n', '{"seq":"x"}\n', line(1, 'finished'), line(2)]);

  expect(seqs).toEqual([1]);
  expect(reader.complete).toBe(true);
});
