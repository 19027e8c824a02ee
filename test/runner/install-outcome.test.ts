import { expect, test } from 'vitest';
import { judgeInstall, lastTarget } from '../../runner/install-outcome.ts';
import type { ProxyAnswer } from '../../runner/npm-proxy.ts';

const url = 'https://registry.npmjs.org/ms/-/ms-9.9.9.tgz';
const error = (code: string, ...lines: string[]) =>
  [`npm error code ${code}`, ...lines.map((line) => `npm error ${line}`)].join('\n');

test.each<[string, string, ProxyAnswer | null, string]>([
  [
    'a lock file out of step',
    error('EUSAGE', 'are in sync.', 'Missing: ms@2.1.3 from lock file'),
    null,
    'E2E_LOCK_BROKEN',
  ],
  ['a lock file that is no JSON', error('EJSONPARSE', 'Invalid package.json'), null, 'E2E_LOCK_BROKEN'],
  ['a lock file for another Node', error('EBADENGINE', 'Unsupported engine'), null, 'E2E_LOCK_BROKEN'],
  ['a package that is not there', error('E404', `404 Not Found - GET ${url}`), { status: 200 }, 'E2E_PACKAGE_MISSING'],
  ['other bytes than locked', error('EINTEGRITY', 'sha512-x integrity checksum failed'), null, 'E2E_PACKAGE_MISSING'],
  ['a private package', error('E401', `401 Unauthorized - GET ${url}`), { status: 200 }, 'E2E_PACKAGE_MISSING'],
  ['a package from git', error('ENOENT', 'syscall spawn git', 'path git'), null, 'E2E_PACKAGE_MISSING'],
  ['a proxy that forbids', error('E403', `403 Forbidden - GET ${url}`), { status: 403 }, 'E2E_PROXY_REFUSED'],
  ['a proxy that wants a password', error('E407', `407 - GET ${url}`), { status: 407 }, 'E2E_PROXY_REFUSED'],
  ['a proxy without a way', error('E503', `503 - GET ${url}`), { status: 503 }, 'E2E_PROXY_REFUSED'],
  ['a proxy that went away', error('ECONNREFUSED', 'x'), { silence: 'ECONNREFUSED' }, 'E2E_PROXY_UNREACHABLE'],
  ['a registry in trouble', error('E500', `500 Oops - GET ${url}`), { status: 200 }, 'E2E_INSTALL_FAILED'],
  ['something unknown', 'npm error Exit handler never called!', null, 'E2E_INSTALL_FAILED'],
  ['silence', '', null, 'E2E_INSTALL_FAILED'],
])('%s has its code', (_, output, answer, code) => {
  expect(judgeInstall({ folder: 'e2e', proxy: 'http://proxy:3128', output, answer }).code).toBe(code);
});

test('the message has what npm says, without its manual, colours and length', () => {
  const usage = ['Clean install a project', 'Usage:', 'npm ci', 'aliases: clean-install'];
  const output = error('EUSAGE', '', '\u001b[31mMissing:\u001b[0m ms@2.1.3 from lock file', ...usage);

  const { message } = judgeInstall({ folder: 'e2e', proxy: 'http://proxy', output, answer: null });
  const long = judgeInstall({
    folder: 'e2e',
    proxy: 'http://proxy',
    output: error('E1', 'x'.repeat(9999)),
    answer: null,
  });

  expect(message).toBe(
    'the npm packages of "e2e/package.json" cannot be installed from the lock file: Missing: ms@2.1.3 from lock file',
  );
  expect(long.message.length).toBeLessThan(1000);
});

test.each([
  [`npm error 403 403 Forbidden - GET ${url}`, 'registry.npmjs.org:443'],
  ['npm error network request to https://npm.acme.test:8443/ms failed, reason: x', 'npm.acme.test:8443'],
  ['npm error 404 Not Found - GET http://npm.acme.test/ms', null],
  ['npm error nothing', null],
])('the address of %j', (output, target) => {
  expect(lastTarget(output)).toBe(target);
});
