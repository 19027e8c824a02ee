import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSigned, parseSignature } from '../../src/webhook/verify-signature.ts';

const body = fc.uint8Array({ maxLength: 200 });
const secret = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });

test('what was signed with one of the secrets is signed, whichever it was and however the hex is written', () => {
  fc.assert(
    fc.property(
      body,
      fc.array(secret, { minLength: 1, maxLength: 3 }),
      fc.nat(),
      fc.boolean(),
      (bytes, all, which, upper) => {
        const hex = signatureOf(bytes, all[which % all.length] ?? '');

        expect(isSigned(bytes, `sha256=${upper ? hex.toUpperCase() : hex}`, all)).toBe(true);
      },
    ),
  );
});

test('another byte anywhere, in the body or in the signature, and it is not signed', () => {
  fc.assert(
    fc.property(body, secret, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, one, at, flip) => {
      const hex = signatureOf(bytes, one);
      const forged = flipped(Buffer.from(hex, 'hex'), at, flip).toString('hex');

      expect(isSigned(bytes, `sha256=${forged}`, [one])).toBe(false);
      if (bytes.length > 0) expect(isSigned(flipped(bytes, at, flip), `sha256=${hex}`, [one])).toBe(false);
      expect(isSigned(Buffer.concat([bytes, Buffer.from([flip])]), `sha256=${hex}`, [one])).toBe(false);
    }),
  );
});

test('another secret, or none at all, signs nothing', () => {
  fc.assert(
    fc.property(body, secret, secret, (bytes, ours, theirs) => {
      fc.pre(paddedKey(ours) !== paddedKey(theirs));
      const header = `sha256=${signatureOf(bytes, theirs)}`;

      expect(isSigned(bytes, header, [ours])).toBe(false);
      expect(isSigned(bytes, header, [])).toBe(false);
    }),
  );
});

test('whatever stands in the header, it is a signature of 32 bytes or none, and never an error', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((rest) => `sha256=${rest}`),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => `sha256=${Buffer.from(bytes).toString('hex')}`),
    fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => `sha1=${Buffer.from(bytes).toString('hex')}`),
  );
  fc.assert(
    fc.property(fc.option(text, { nil: undefined }), body, (header, bytes) => {
      const parsed = parseSignature(header);

      expect(parsed === null || parsed.length === 32).toBe(true);
      expect(isSigned(bytes, header, ['a secret that nobody guesses'])).toBe(false);
    }),
  );
});

function signatureOf(bytes: Uint8Array, one: string): string {
  return createHmac('sha256', one).update(bytes).digest('hex');
}

function flipped(bytes: Uint8Array, at: number, flip: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at % copy.length;
  copy[index] = (copy[index] ?? 0) ^ flip;
  return copy;
}

/** HMAC fills a short key up with zeros: such keys are one and the same. */
function paddedKey(one: string): string {
  return one.replace(/\0+$/, '');
}
