import { inflateSync } from 'node:zlib';
import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** As our runner folds them (`runner/load-samples.ts`), with room. */
const most = { bytes: 1024 * 1024, digits: 3, counts: 65_536 };
/** Of the format: what stands before the packed bytes, and before the counts in them. */
const packedAt = 8;
const countsAt = 40;
const lengthAt = 4;
const digitsAt = 12;
/** A count is one to nine bytes. */
const longestCount = 9;

/**
 * A suite's histogram, as hostile data: unpacked it may be a thousand times as large, and the library goes over as many counts as
 * it is told to. @throws RangeError, and what zlib and the library throw
 */
export function decodeHistogram(encoded: string): Histogram {
  const packed = Buffer.from(encoded, 'base64').subarray(packedAt);
  const bytes = inflateSync(packed, { maxOutputLength: most.bytes });
  const length = bytes.readInt32BE(lengthAt);
  if (length > bytes.length - countsAt) throw new RangeError('a histogram announces more counts than it has');
  if (bytes.readInt32BE(digitsAt) > most.digits)
    throw new RangeError(`a histogram has more than ${most.digits} digits`);
  if (countsIn(bytes.subarray(countsAt)) > most.counts)
    throw new RangeError(`a histogram has more than ${most.counts} counts`);
  return decodeFromCompressedBase64(encoded, 32);
}

/** A negative one stands for as many that are zero. */
function countsIn(bytes: Buffer): number {
  let counts = 0;
  for (let at = 0; at < bytes.length; ) {
    let value = 0;
    let isLast = false;
    for (let place = 0; place < longestCount && !isLast; place++) {
      const byte = bytes[at] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * place);
      isLast = (byte & 0x80) === 0;
      at += 1;
    }
    counts += value % 2 === 0 ? 1 : (value + 1) / 2;
  }
  return counts;
}
