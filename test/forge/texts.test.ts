import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutText } from '../../src/forge/cut-text.ts';
import { redactSecrets } from '../../src/forge/redact-secrets.ts';

describe('texts are cut to bytes', () => {
  test('what fits stays as it is', () => {
    expect(cutText('grün', 5)).toBe('grün');
  });

  test('no text is ever too long, and none ends in half a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 4, max: 400 }),
        (text, maxBytes) => {
          const cut = cutText(text, maxBytes);
          expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
          expect(cut).not.toContain('\ufffd');
        },
      ),
    );
  });
});

describe('credentials never show', () => {
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjMifQ.c2lnbmF0dXJl-_x';
  test.each([
    ['ghs_16C7e42F292c6912E7710c838347Ae178B4a', 'an installation token of 40 characters'],
    [`ghs_123456_${jwt}`, 'an installation token of the newer form'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ012345', 'a personal token'],
    ['github_pat_11ABCDEFG0123456789_abcdefghijklmnop', 'a fine-grained token'],
    [jwt, 'an App JWT'],
    [`v1.${'0f'.repeat(20)}`, 'an old installation token'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----', 'a private key'],
  ])('%s', (secret) => {
    const said = redactSecrets(`request with ${secret} was refused`);

    expect(said).toBe('request with [redacted] was refused');
  });

  test.each([
    ['-----BEGIN PRIVATE KEY-----\nMIIEvQ', 'MIIEvQ'],
    ['Authorization: Bearer abcdef0123456789', 'abcdef0123456789'],
    ['authorization=token s3cr3t-s3cr3t', 's3cr3t-s3cr3t'],
    ['https://x-access-token:hunter2@github.com/acme/shop.git', 'hunter2'],
    ['https://codeload.github.com/acme/shop?token=AAAA1111', 'AAAA1111'],
  ])('in %s', (text, secret) => {
    expect(redactSecrets(text)).not.toContain(secret);
  });

  test('ordinary words stay', () => {
    const text = 'reading the change acme/shop#7: GitHub answered 404: Not Found - https://docs.github.com/rest';

    expect(redactSecrets(text)).toBe(text);
  });
});
