import { describe, expect, test } from 'vitest';
import { namesRepository, putUpFor, secretsWanted, stubsOf } from '../../src/environment/operator-secrets.ts';
import { aDeployment, aJob } from './builders.ts';

describe('a list of repositories', () => {
  test.each([
    ['acme/shop', true],
    ['ACME/Shop', true],
    ['acme/*', true],
    ['*', true],
    ['other/thing, acme/shop', true],
    [' acme/shop ,other/*', true],
    [undefined, false],
    ['', false],
    [',', false],
    ['acme', false],
    ['acme/', false],
    ['acme/sho', false],
    ['acme/shop2', false],
    ['acme/sh*', false],
    ['*/shop', false],
    ['*/*', false],
    ['other/*', false],
    ['acme-evil/*', false],
    ['acme/shop acme/api', false],
  ])('%j names acme/shop: %s', (patterns, isNamed) => {
    expect(namesRepository(patterns, 'acme/shop')).toBe(isNamed);
  });

  test.each([
    ['local/shop', 'local/shop', true],
    ['local/*', 'local/shop', true],
    ['acme/*', 'local/shop', false],
    ['acme/shop', 'evil/shop', false],
    ['acme/shop', 'acme/shop/deeper', false],
  ])('%j names %s: %s', (patterns, repository, isNamed) => {
    expect(namesRepository(patterns, repository)).toBe(isNamed);
  });
});

test('put up are only those whose annotation names the repository, and none with a name of ours', () => {
  const forAll = { 'greenroom.dev/repositories': '*' };
  const secrets = [
    { name: 'stripe-test', annotations: { 'greenroom.dev/repositories': 'acme/shop' } },
    { name: 'mail', annotations: forAll },
    { name: 'billing', annotations: { 'greenroom.dev/repositories': 'acme/billing' } },
    { name: 'forgotten' },
    { name: 'greenroom-pull', annotations: forAll },
  ];

  expect(putUpFor('acme/shop', secrets)).toEqual(['mail', 'stripe-test']);
  expect(putUpFor('evil/shop', secrets)).toEqual(['mail']);
});

test('in place of a value, a change from a fork gets a stub under the same key', () => {
  const stubs = stubsOf({ STRIPE_KEY: btoa('sk_test_very_secret'), WEBHOOK: btoa('whsec') });

  expect(stubs).toEqual({ STRIPE_KEY: btoa('greenroom-stub'), WEBHOOK: btoa('greenroom-stub') });
});

describe('the Secrets that an application wants of the operator', () => {
  const reference = (name: string) => ({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name, key: 'k' } } }] });
  const cron = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'cron' },
    spec: { jobTemplate: { spec: aJob('inner', { envFrom: [{ secretRef: { name: 's' } }] }).spec } },
  };

  test.each([
    ['in envFrom', aDeployment('web', { envFrom: [{ secretRef: { name: 's' } }] })],
    ['as a variable', aDeployment('web', reference('s'))],
    ['in an init container', aDeployment('web', {}, { initContainers: [{ name: 'i', ...reference('s') }] })],
    ['as a volume', aDeployment('web', {}, { volumes: [{ name: 'v', secret: { secretName: 's' } }] })],
    [
      'in a projected volume',
      aDeployment('web', {}, { volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 's' } }] } }] }),
    ],
    ['in a CronJob', cron],
  ])('are named %s', (_title, object) => {
    expect(secretsWanted([object])).toEqual(['s']);
  });

  test('are not those that it declares itself, nor names that stand in a text', () => {
    const own = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'own' }, stringData: { k: 'v' } };
    const web = aDeployment('web', { ...reference('own'), args: ['stripe-test'] });

    expect(secretsWanted([own, web])).toEqual([]);
  });
});
