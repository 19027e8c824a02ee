import { expect, test } from 'vitest';
import { egressAddresses, isPublic } from '../../src/runner/egress-addresses.ts';

test('a host opens to its public addresses alone, and one that nobody knows to none', async () => {
  const names: Record<string, string[]> = {
    'api.stripe.test': ['198.51.100.7', '2001:db8::7'],
    'rebound.test': ['169.254.169.254', '10.0.0.1', '198.51.100.8'],
  };
  const look = async (host: string) => names[host] ?? Promise.reject(new Error('ENOTFOUND'));

  const found = await egressAddresses(
    ['api.stripe.test:443', 'api.stripe.test:80', 'rebound.test:443', 'gone.test:443', '*.stripe.test:443'],
    look,
  );

  expect(found).toEqual({
    'api.stripe.test': ['198.51.100.7/32', '2001:db8::7/128'],
    'rebound.test': ['198.51.100.8/32'],
    'gone.test': [],
    '*.stripe.test': [],
  });
});

test.each(['10.1.2.3', '127.0.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1', '100.64.0.1', '0.0.0.0'])(
  '%s is not public',
  (address) => {
    expect([isPublic(address), isPublic(`::ffff:${address}`)]).toEqual([false, false]);
  },
);

test.each(['::1', 'fe80::1', 'fd00::1', '::'])('%s is not public', (address) => {
  expect(isPublic(address)).toBe(false);
});
