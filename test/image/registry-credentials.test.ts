import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialsFor, DockerConfig, readDockerConfig } from '../../src/image/registry-credentials.ts';

const auth = Buffer.from('me:pass:word').toString('base64');
const me = { kind: 'password', username: 'me', password: 'pass:word' };
const config = (value: object) => DockerConfig.parse(value);

describe('credentials of a registry', () => {
  test.each([
    ['by host', { auths: { 'reg:5000': { auth } } }, 'reg:5000', me],
    ['by a whole address', { auths: { 'https://reg.example.com/v1/': { auth } } }, 'reg.example.com', me],
    ["by Docker Hub's old name", { auths: { 'https://index.docker.io/v1/': { auth } } }, 'registry-1.docker.io', me],
    ['as name and password', { auths: { r: { username: 'me', password: 'pass:word' } } }, 'r', me],
    ['as an identity token', { auths: { r: { identitytoken: 't' } } }, 'r', { kind: 'identity-token', token: 't' }],
    ['of another host', { auths: { other: { auth } } }, 'r', null],
    ['of a host that a credential store does not know', { credsStore: 'desktop' }, 'r', null],
  ])('are found %s', (_, file, host, expected) => {
    expect(credentialsFor(config(file), host)).toEqual(expected);
  });

  test.each([
    ['a helper', { credHelpers: { r: 'ecr-login' } }, 'docker-credential-ecr-login'],
    ['a store', { credsStore: 'desktop', auths: { r: {} } }, 'docker-credential-desktop'],
  ])('that only %s knows are named as such, with the way out', (_, file, helper) => {
    expect(() => credentialsFor(config(file), 'r')).toThrow(
      expect.objectContaining({ code: 'REGISTRY_CREDENTIAL_HELPER', hint: expect.stringContaining(helper) }),
    );
  });
});

describe('a docker config file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'greenroom-docker-config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("that is not there is the reader's to fix", async () => {
    await expect(readDockerConfig(join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'REGISTRY_AUTH_UNREADABLE',
      message: expect.stringContaining('ENOENT'),
    });
  });

  test('that is damaged never shows what is in it', async () => {
    const path = join(folder, 'config.json');
    await writeFile(path, '{"auths": {"r": {"password": "hunter2"}');

    const error = await readDockerConfig(path).catch((caught) => caught);

    expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain('hunter2');
  });
});
