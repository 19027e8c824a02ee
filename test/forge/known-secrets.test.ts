import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret, secretsIn } from '../../src/config/secret.ts';
import { KnownSecrets } from '../../src/forge/known-secrets.ts';
import { createLog } from '../../src/log.ts';

function knowing(...values: string[]): KnownSecrets {
  const known = new KnownSecrets();
  for (const value of values) known.add(value);
  return known;
}

describe('what is known to be secret', () => {
  test('goes from a text, wherever and however often it stands there', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 8 }), { minLength: 1 }), fc.string(), fc.string(), (values, a, b) => {
        const [first = ''] = values;

        const text = knowing(...values).redact(`${a}${first}${b}${first}`);

        for (const value of values.filter((one) => !'[redacted]'.includes(one))) expect(text).not.toContain(value);
      }),
    );
  });

  test.each([
    ['as JSON writes it', JSON.stringify({ said: 'quote"and\nline' })],
    ['in an address', `https://example.com/?x=${encodeURIComponent('quote"and\nline')}`],
  ])('%s', (_, text) => {
    const redacted = knowing('quote"and\nline').redact(text);

    expect(redacted).toContain('[redacted]');
    expect(redacted).not.toContain('quote');
  });

  test('of two that begin alike the longer one goes whole', () => {
    expect(knowing('abcdefgh', 'abcdefgh-and-more').redact('<abcdefgh-and-more>')).toBe('<[redacted]>');
  });

  test('short words are no secrets, and what looks like a credential is one without being known', () => {
    expect(knowing('main').redact('main ghs_abcdefgh12345')).toBe('main [redacted]');
  });

  test('however many there are, memory is bounded and the newest are known', () => {
    const known = new KnownSecrets();
    for (let index = 0; index < 30_000; index += 1) known.add(`${index}-token-of-any-form`);

    expect(known.redact('29999-token-of-any-form')).toBe('[redacted]');
    expect(known.redact('0-token-of-any-form')).toBe('0-token-of-any-form');
  });
});

test('every secret of a configuration is found, with the passwords of addresses', () => {
  const config = {
    database: { url: new Secret('postgres://me:p%40ssword@db.example/greenroom') },
    github: { webhookSecret: new Secret('hook'), previous: null },
    list: [new Secret('one')],
  };

  expect(secretsIn(config)).toEqual([
    'postgres://me:p%40ssword@db.example/greenroom',
    'p%40ssword',
    'p@ssword',
    'hook',
    'one',
  ]);
});

describe('a line of the log', () => {
  function logged(known: KnownSecrets, metadata: object): string {
    let written = '';
    const destination = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk);
        done();
      },
    });
    createLog('trace', destination, (line) => known.redact(line)).trace(metadata, 'said');
    return written;
  }

  test.each([
    ['a known value', { deep: { er: ['x any-form-at-all y'] } }],
    ['a private key that is cut off', { pem: '-----BEGIN RSA PRIVATE KEY-----\nMIIEany-form-at-all' }],
    ['an address with a password', { a: 'https://me:any-form-at-all@host', b: 'me@host' }],
  ])('with %s stays JSON, without it', (_, metadata) => {
    const line = logged(knowing('any-form-at-all'), metadata);

    expect(line).not.toContain('any-form-at-all');
    expect(JSON.parse(line)).toMatchObject({ msg: 'said' });
  });
});
