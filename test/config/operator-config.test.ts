import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { loadOperatorConfig } from '../../src/config/operator-config.ts';
import { RunError } from '../../src/errors.ts';

const pem = '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n';
const github = {
  GREENROOM_GITHUB_APP_ID: '12',
  GREENROOM_GITHUB_PRIVATE_KEY: pem,
  GREENROOM_GITHUB_WEBHOOK_SECRET: 'hunter2',
};
const folder = mkdtempSync(join(tmpdir(), 'greenroom-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function problemsOf(env: Record<string, string>): string[] {
  try {
    loadOperatorConfig({ HOME: '/home/me', ...env });
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', remedy: 'fix-input' });
    return (error as RunError).problems.map((problem) => `${problem.file}: ${problem.message}`);
  }
}

test('an empty environment gives a service on loopback with the embedded cluster', () => {
  const config = loadOperatorConfig({ HOME: '/home/me', GREENROOM_PORT: '' });

  expect(config).toMatchObject({
    service: {
      host: '127.0.0.1',
      port: 8787,
      publicUrl: 'http://127.0.0.1:8787',
      dataDir: '/home/me/.local/state/greenroom',
      instance: 'local',
    },
    cluster: { kind: 'embedded', context: null, secretsNamespace: 'greenroom-secrets', unfencedForks: 'refuse' },
    limits: { maxTtlMs: 8 * 3_600_000, retentionMs: 720 * 3_600_000, allowedKinds: [] },
    database: { url: null },
    github: null,
    gitea: null,
    s3: null,
  });
  expect(Object.isFrozen(config.limits)).toBe(true);
});

test('every value is read', () => {
  const config = loadOperatorConfig({
    ...github,
    XDG_STATE_HOME: '/state',
    GREENROOM_PUBLIC_URL: 'https://green.example.com/',
    GREENROOM_INSTANCE: 'team-a',
    GREENROOM_KUBE_CONTEXT: 'in-cluster',
    GREENROOM_POD_TEMPLATE: '{"nodeSelector": {"pool": "x"}}',
    GREENROOM_ALLOWED_KINDS: 'Ingress, networking.k8s.io/v1/Ingress',
    GREENROOM_ALLOWED_EGRESS: '*.stripe.com:443',
    GREENROOM_MAX_TTL: '90m',
    GREENROOM_UNFENCED_FORKS: 'allow',
    GREENROOM_S3_BUCKET: 'reports',
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 'sesame',
    DATABASE_URL: 'postgres://u:p@h/db',
    GREENROOM_GITEA_URL: 'https://git.example.com/',
    GREENROOM_GITEA_TOKEN: 'a token',
    GREENROOM_GITEA_WEBHOOK_SECRET: 'now',
    GREENROOM_GITEA_WEBHOOK_SECRET_PREVIOUS: 'before',
  });

  expect(config).toMatchObject({
    service: { publicUrl: 'https://green.example.com', dataDir: '/state/greenroom', instance: 'team-a' },
    cluster: { kind: 'in-cluster', podTemplate: { nodeSelector: { pool: 'x' } }, unfencedForks: 'allow' },
    limits: { maxTtlMs: 5_400_000, allowedKinds: ['Ingress', 'networking.k8s.io/v1/Ingress'] },
    s3: { bucket: 'reports', endpoint: null, region: 'us-east-1', accessKeyId: 'AKIA', sessionToken: null },
    github: { appId: '12', apiUrl: 'https://api.github.com', deployments: false },
    gitea: { url: 'https://git.example.com' },
  });
  expect(config.gitea?.previousWebhookSecret?.reveal()).toBe('before');
  expect(config.database.url?.reveal()).toBe('postgres://u:p@h/db');
});

test.each([
  ['preview.test', { domain: 'preview.test', scheme: 'https' }],
  ['https://preview.test', { domain: 'preview.test', scheme: 'https' }],
  ['http://preview.test', { domain: 'preview.test', scheme: 'http' }],
])('the preview domain %s has TLS unless it says http', (text, preview) => {
  const { cluster } = loadOperatorConfig({ HOME: '/home/me', GREENROOM_PREVIEW_DOMAIN: text });

  expect(cluster.preview).toEqual({ ...preview, ingressClass: null });
});

test.each([
  ['ops/pull', { namespace: 'ops', name: 'pull' }],
  ['pull.v2', { namespace: 'greenroom-secrets', name: 'pull.v2' }],
])('the pull secret %s is one of its namespace, or of the secrets\u2019', (text, pullSecret) => {
  expect(loadOperatorConfig({ HOME: '/home/me', GREENROOM_PULL_SECRET: text }).registry).toMatchObject({ pullSecret });
});

test('a private key is also read from a file, and from one line', () => {
  const path = join(folder, 'key.pem');
  writeFileSync(path, pem);

  const fromFile = loadOperatorConfig({ ...github, GREENROOM_GITHUB_PRIVATE_KEY: path });
  const fromLine = loadOperatorConfig({ ...github, GREENROOM_GITHUB_PRIVATE_KEY: pem.replaceAll('\n', '\\n') });

  expect([fromFile.github?.privateKey.reveal(), fromLine.github?.privateKey.reveal()]).toEqual([pem, pem]);
});

test('secrets do not print', () => {
  const config = loadOperatorConfig({ ...github, DATABASE_URL: 'postgres://u:topsecret@h/db' });

  const printed = `${JSON.stringify(config)} ${inspect(config, { depth: 9 })} ${String(config.github?.webhookSecret)}`;
  expect(printed).not.toMatch(/hunter2|topsecret|BEGIN RSA/);
});

test('all problems come at once, each under its variable, and never with a secret’s value', () => {
  const problems = problemsOf({
    GREENROOM_PORT: 'eighty',
    GREENROOM_PUBLIC_URL: 'green.example.com',
    GREENROOM_LOG_LEVEL: 'loud',
    GREENROOM_KUBE_CONTEXT: 'kind-dev',
    GREENROOM_MAX_TTL: '1 day',
    GREENROOM_UNFENCED_FORKS: 'maybe',
    DATABASE_URL: 'mysql://root:pass@h',
    GREENROOM_GITHUB_APP_ID: 'twelve',
    GREENROOM_GITHUB_PRIVATE_KEY: '/no/such/file',
    GREENROOM_GITEA_TOKEN: 'x',
  });

  expect(problems).toEqual([
    'GREENROOM_PORT: must be a port number, got "eighty"',
    'GREENROOM_PUBLIC_URL: must be an http or https address, got "green.example.com"',
    'GREENROOM_LOG_LEVEL: must be one of trace, debug, info, warn, error, fatal, silent, got "loud"',
    'GREENROOM_MAX_TTL: must be a duration such as "30m" or "8h", got "1 day"',
    'GREENROOM_UNFENCED_FORKS: must be "refuse" or "allow", got "maybe"',
    'DATABASE_URL: must begin with "postgres://" or "postgresql://"',
    'GREENROOM_GITHUB_APP_ID: must be the number of a GitHub App, got "twelve"',
    'GREENROOM_GITHUB_WEBHOOK_SECRET: is not set, but GREENROOM_GITHUB_APP_ID and GREENROOM_GITHUB_PRIVATE_KEY are',
    'GREENROOM_GITEA_URL: is not set, but GREENROOM_GITEA_TOKEN is',
    'GREENROOM_GITEA_WEBHOOK_SECRET: is not set, but GREENROOM_GITEA_TOKEN is',
    'GREENROOM_INSTANCE: is required when GREENROOM_KUBE_CONTEXT is set',
    'GREENROOM_GITHUB_PRIVATE_KEY: is neither a PEM nor the path of a readable file',
  ]);
});

describe('a problem is also', () => {
  test.each([
    ['a misspelt variable', { GREENROOM_INSTANCES: 'a' }, 'GREENROOM_INSTANCES: is not a variable'],
    ['a service link of Kubernetes', { GREENROOM_PORT: 'tcp://10.0.0.1:80' }, 'GREENROOM_PORT: is a service link'],
    ['a port out of range', { GREENROOM_PORT: '70000' }, 'GREENROOM_PORT: '],
    ['a pod template of another shape', { GREENROOM_POD_TEMPLATE: '{"nodes": 1}' }, 'GREENROOM_POD_TEMPLATE: must be'],
    ['an endpoint without a bucket', { GREENROOM_S3_ENDPOINT: 'http://s3' }, 'GREENROOM_S3_BUCKET: is required'],
    ['a preview domain with a path', { GREENROOM_PREVIEW_DOMAIN: 'a.test/b' }, 'GREENROOM_PREVIEW_DOMAIN: must be'],
    ['a wildcard', { GREENROOM_PREVIEW_DOMAIN: '*.a.test' }, 'GREENROOM_PREVIEW_DOMAIN: must be'],
    ['an ingress class alone', { GREENROOM_INGRESS_CLASS: 'nginx' }, 'GREENROOM_PREVIEW_DOMAIN: is required'],
    ['a pull secret of three parts', { GREENROOM_PULL_SECRET: 'a/b/c' }, 'GREENROOM_PULL_SECRET: must be'],
    ['a namespace that is no label', { GREENROOM_SECRETS_NAMESPACE: 'a.b' }, 'GREENROOM_SECRETS_NAMESPACE: must be'],
    [
      'a proxy with a password',
      { GREENROOM_BUILD_PROXY: 'http://u:topsecret@p:3128' },
      'user and no password: changes',
    ],
    ['a proxy with a user', { GREENROOM_BUILD_PROXY: 'http://u@p:3128' }, 'GREENROOM_BUILD_PROXY: must carry no user'],
    ['a bucket without keys', { GREENROOM_S3_BUCKET: 'reports' }, 'AWS_ACCESS_KEY_ID: is required'],
    ['a bucket with a path', { GREENROOM_S3_BUCKET: 'reports/ours' }, 'GREENROOM_S3_BUCKET: must be the name'],
    ['a database on several hosts', { DATABASE_URL: 'postgres://u:p@a,b/db' }, 'DATABASE_URL: names several hosts'],
    ['a database by service', { DATABASE_URL: 'postgres:///db?service=x' }, 'DATABASE_URL: holds "service"'],
    ['the authorities of a system', { DATABASE_URL: 'postgres://h/db?sslrootcert=system' }, 'DATABASE_URL: holds'],
    ['a mode of TLS that nobody knows', { DATABASE_URL: 'postgres://h/db?sslmode=on' }, 'DATABASE_URL: must have an'],
    ['a registry with a scheme', { GREENROOM_REGISTRY: 'https://r' }, 'GREENROOM_REGISTRY: must be'],
  ])('%s', (_, env, expected) => {
    expect(problemsOf(env).join('\n')).toContain(expected);
    expect(problemsOf(env).join('\n')).not.toContain('topsecret');
  });

  test('but not a variable of somebody else', () => {
    expect(problemsOf({ GREENROOM_TEST_KUBECONFIG: '/x', PATH: '/bin' })).toEqual([]);
  });
});
