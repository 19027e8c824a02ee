import { expect, test } from 'vitest';
import { needsOf } from '../../src/environment/needs.ts';
import { aDeployment, aJob, aService } from './builders.ts';

const objects = [
  aDeployment('db'),
  aService('db', 5432),
  aDeployment('api'),
  aService('api', 8080),
  aService('api-admin', 8081),
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { DATABASE_HOST: 'db' } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'sealed' },
    data: { URL: Buffer.from('postgres://u:p@db:5432/shop').toString('base64') },
  },
];

test.each([
  ['a connection string', { env: [{ name: 'DATABASE_URL', value: 'postgres://u:p@db:5432/shop' }] }, ['db']],
  ['a bare host', { env: [{ name: 'PGHOST', value: 'db' }] }, ['db']],
  ['an argument', { args: ['--host=db', '--port=5432'] }, ['db']],
  ['an address', { env: [{ name: 'API', value: 'http://api' }] }, ['api']],
  ['an address with a path', { env: [{ name: 'API', value: 'http://api/v1' }] }, ['api']],
  ['a full name', { env: [{ name: 'API', value: 'http://api.shop.svc:8080' }] }, ['api']],
  ['a list', { env: [{ name: 'HOSTS', value: 'db:5432,api:8080' }] }, ['db', 'api']],
  ['a longer name', { env: [{ name: 'API', value: 'http://api-admin:8081' }] }, ['api-admin']],
  ['a word inside another', { command: ['npm', 'run', 'dbmate'] }, []],
  ['a path', { args: ['/srv/db.sqlite', './api'] }, []],
  ['a ConfigMap', { envFrom: [{ configMapRef: { name: 'settings' } }] }, ['db']],
  ['a key of a Secret', { env: [{ name: 'U', valueFrom: { secretKeyRef: { name: 'sealed', key: 'URL' } } }] }, ['db']],
])('a workload needs the Services that it names: %s', (_title, container, expected) => {
  expect(needsOf(aJob('migrate', container), objects)).toEqual(expected);
});

test('a workload does not need its own Service', () => {
  expect(needsOf(aDeployment('api', { env: [{ name: 'SELF', value: 'http://api:8080' }] }), objects)).toEqual([]);
});
