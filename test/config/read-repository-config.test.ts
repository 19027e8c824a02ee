import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRepositoryConfig } from '../../src/config/read-repository-config.ts';
import { formatProblem } from '../../src/errors.ts';

const file = 'greenroom.yaml';
const good = `version: 1
application:
  entry: { service: web, port: 8080 }
  services:
    - { name: web, image: 'registry/shop/web', port: 8080 }
`;

function problemsOf(text: string): string[] {
  const read = readRepositoryConfig(text, { file });
  return 'problems' in read ? read.problems.map(formatProblem) : [];
}

test('the example of the design is read, with defaults filled in', () => {
  const read = readRepositoryConfig(
    `version: 1
application:
  entry: { service: web, port: 8080 }
  services:
    - name: web
      image: registry.example.com/shop/web
      port: 8080
      replicas: 2
      readiness: { path: /healthz }
      env: { API_URL: http://api }
      secrets: [stripe-test]
      resources: { cpu: 250m, memory: 256Mi }
  images:
    - { name: registry.example.com/shop/web, tag: '\${sha}', from: wait, timeout: 10m }
  before:
    - { name: migrate, image: registry.example.com/shop/api, command: [npm, run, migrate] }
  egress: [api.stripe.com:443]
suites:
  - { name: smoke, kind: smoke, path: scenarios/smoke.yaml, required: true }
  - { name: shopping, kind: e2e, path: scenarios/e2e, retries: 1, shards: 2, timeout: 10m }
  - { name: browse, kind: load, path: scenarios/load/browse.ts, env: { USERS: '20' }, disturbs: [load] }
triggers: { branches: [main], paths-ignore: ['docs/**'], drafts: skip }
limits: { cpu: '4', memory: 4Gi, timeout: 30m, ttl: 2h }
`,
    { file },
  );

  expect(read).toMatchObject({
    config: { suites: [{ timeout: '10m', retries: 0 }, { shards: 2 }, { required: true }], limits: { ttl: '2h' } },
  });
});

test('all problems come at once, in the order of the file, with line, column and suggestion', () => {
  const problems = problemsOf(`version: 2
application:
  entry: { service: wbe, port: 80 }
  services:
    - { name: web, image: 'r/\${sah}', port: 8080, raplicas: 3 }
    - { name: web, image: 3 }
  images: [{ name: a, from: wiat }, { name: b, from: wait, context: x }]
  manifests: ../x
suites:
  - { name: s, kind: smoek, path: /x }
trigers: {}
limits: { cpu: 4 }
`);

  expect(problems).toEqual([
    'greenroom.yaml:1:10: version must be 1, got 2',
    'greenroom.yaml:3:21: no service is named "wbe" (did you mean "web"?)',
    'greenroom.yaml:5:27: unknown variable "${sah}" (did you mean "sha"?)',
    'greenroom.yaml:5:51: unknown key "raplicas" (did you mean "replicas"?)',
    'greenroom.yaml:6:15: the name "web" is used twice in application.services',
    "greenroom.yaml:6:27: application.services[1].image must be text, got 3 (write it in quotes: '3')",
    'greenroom.yaml:7:29: application.images[0].from must be one of "wait", "build", got "wiat" (did you mean "wait"?)',
    'greenroom.yaml:7:60: "context" does not go with the other keys here',
    'greenroom.yaml:8:3: only one of services, manifests, kustomize, helm may be written, and "services" is there already',
    'greenroom.yaml:8:14: application.manifests must be a path inside the repository, without ".." and without a leading "/", got "../x"',
    'greenroom.yaml:10:22: suites[0].kind must be one of "smoke", "e2e", "load", got "smoek" (did you mean "smoke"?)',
    'greenroom.yaml:10:35: suites[0].path must be a path inside the repository, without ".." and without a leading "/", got "/x"',
    'greenroom.yaml:11:1: unknown key "trigers" (did you mean "triggers"?)',
    "greenroom.yaml:12:16: limits.cpu must be text, got 4 (write it in quotes: '4')",
  ]);
});

describe('refused with its reason:', () => {
  test.each([
    ['an empty file', '', 'is empty'],
    ['a list', '- a', 'the file must be a mapping, got a list'],
    ['no application source', 'version: 1\napplication: { entry: { service: a, port: 1 } }', 'says nothing to deploy'],
    ['kustomize', 'version: 1\napplication: { entry: { service: a, port: 1 }, kustomize: k }', 'follows later'],
    [
      'helm',
      'version: 1\napplication: { entry: { service: a, port: 1 }, helm: { chart: c } }',
      '"helm" is not supported yet',
    ],
    ['an entry on another port', good.replace('port: 8080 }\n  s', 'port: 80 }\n  s'), 'listens on port 8080'],
    ['an entry without a port', good.replace(', port: 8080 }\n', ' }\n'), 'entry.port is missing'],
    ['a service without a port', good.replace("'registry/shop/web', port: 8080", 'a'), '"web" has no port'],
    ['a name that is no DNS label', good.replaceAll('web', 'Web_1'), 'must be a DNS label'],
    ['a doubled key', `${good}version: 1`, 'written twice'],
    ['two documents', `${good}---\na: 1`, 'a second document'],
    ['a tag', `${good}suites: !!js/function x`, 'Unresolved tag'],
    ['tabs', 'version: 1\napplication:\n\tentry: 1', 'Tabs are not allowed'],
    ['an alias bomb', bomb(), 'too many aliases'],
    ['many aliases', `a: &a 1\nb: [${'*a, '.repeat(60)}]`, 'uses more than 50 aliases'],
    ['a ring of aliases', 'a: &a [*a]', 'too many aliases'],
    ['brackets without end', '['.repeat(20_000), 'nested'],
    ['depth', `a: ${'['.repeat(60)}${']'.repeat(60)}`, 'nested more than 40 levels'],
    ['size', `# ${'x'.repeat(256 * 1024)}`, 'at most 262144 are read'],
    [
      'a variable name',
      `${good}suites: [{ name: s, kind: smoke, path: p, env: { 1a: x } }]`,
      '"1a" cannot be the name',
    ],
    [
      'a suite twice',
      `${good}suites: [{ name: s, kind: smoke, path: p }, { name: s, kind: e2e, path: p }]`,
      'used twice in suites',
    ],
    ['a prototype', `${good}__proto__: { a: 1 }`, 'unknown key "__proto__"'],
    [
      'a path with a backslash',
      `${good}suites: [{ name: s, kind: smoke, path: 'a\\..\\..\\b' }]`,
      'inside the repository',
    ],
  ])('%s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });
});

test('a shell variable in a command is nobody’s mistake', () => {
  expect(
    problemsOf(good.replace("web', port: 8080 }\n", "web', port: 8080, args: ['${HOME}'], env: { A: '${B}' } }\n")),
  ).toEqual([]);
});

test('any text gives a configuration or problems with places inside the text, and never throws', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(
        fc.constantFrom('a: ', '- ', '[', '{', '}', ']', '\n', '  ', '&a ', '*a', '"', "'", '|', '!x', 'version: 1'),
        { maxLength: 60 },
      )
      .map((parts) => parts.join('')),
  );

  fc.assert(
    fc.property(text, (input) => {
      const read = readRepositoryConfig(input, { file });
      if ('config' in read) return;
      expect(read.problems.length).toBeGreaterThan(0);
      for (const problem of read.problems) {
        expect(problem.line ?? 1).toBeLessThanOrEqual(input.split(/\r\n|\n|\r/).length);
        expect(problem.message.length).toBeLessThan(500);
      }
    }),
    { numRuns: 300 },
  );
});

function bomb(): string {
  const levels = ['a', 'b', 'c', 'd', 'e', 'f'];
  return levels
    .map(
      (name, index) =>
        `${name}: &${name} [${Array(8)
          .fill(index === 0 ? 'x' : `*${levels[index - 1]}`)
          .join(', ')}]`,
    )
    .join('\n');
}
