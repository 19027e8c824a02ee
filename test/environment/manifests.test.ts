import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseManifest, readManifests } from '../../src/environment/sources/manifests.ts';
import { renderApplication } from '../../src/environment/sources/render.ts';

const folder = mkdtempSync(join(tmpdir(), 'greenroom-manifests-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

describe('one file', () => {
  test('its documents keep the lines at which they stand', () => {
    const { objects, problems } = parseManifest(
      'a.yaml',
      `# first\n---\n${configMap('one')}---\n${configMap('two')}---\n# nothing\n`,
    );

    expect(problems).toEqual([]);
    expect(objects.map(({ object, lineAt }) => [object.metadata.name, lineAt(['metadata', 'name'])])).toEqual([
      ['one', 6],
      ['two', 11],
    ]);
  });

  test('a first document needs no marker', () => {
    expect(parseManifest('a.yaml', `${configMap('one')}---\n${configMap('two')}`).objects).toHaveLength(2);
  });

  test('a List is taken apart', () => {
    const text =
      'apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: v1, kind: ConfigMap, metadata: { name: inner } }\n';

    const [only] = parseManifest('a.yaml', text).objects;

    expect([only?.object.metadata.name, only?.lineAt([])]).toEqual(['inner', 4]);
  });

  test.each([
    ['no object', 'just: text\n', 'is no Kubernetes object', 1],
    [
      'a generated name',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: x- }\n',
      'without metadata.name',
      1,
    ],
    ['broken YAML', 'apiVersion: v1\nkind: [\n', '', undefined],
  ])('%s is named with its line', (_title, text, message, line) => {
    const { problems } = parseManifest('a.yaml', text);

    expect(problems[0]).toMatchObject({
      file: 'a.yaml',
      message: expect.stringContaining(message),
      ...(line ? { line } : {}),
    });
  });

  test('a bomb of aliases is refused, not unfolded', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(',')}]`,
    );

    const { problems, objects } = parseManifest('a.yaml', ['a0: &a0 x', ...levels].join('\n'));

    expect(objects).toEqual([]);
    expect(problems[0]?.message).toContain('aliases');
  });
});

describe('a folder', () => {
  test('is read in the order of names, folders inside included, other files passed over', async () => {
    write('k8s/b.yml', configMap('b'));
    write('k8s/a/c.yaml', configMap('c'));
    write('k8s/README.md', '# not YAML');

    const { objects, problems } = await readManifests(folder, 'k8s');

    expect(problems).toEqual([]);
    expect(objects.map(({ file }) => file)).toEqual(['k8s/a/c.yaml', 'k8s/b.yml']);
  });

  test('links in it are refused', async () => {
    write('linked/a.yaml', configMap('a'));
    symlinkSync('/etc/passwd', join(folder, 'linked', 'b.yaml'));

    expect((await readManifests(folder, 'linked')).problems).toEqual([
      { file: 'linked/b.yaml', message: 'is a link; links are not followed' },
    ]);
  });

  test('that does not exist is named', async () => {
    expect((await readManifests(folder, 'nowhere')).problems).toMatchObject([
      { message: 'application.manifests names "nowhere", which does not exist' },
    ]);
  });

  test('without a manifest is named', async () => {
    write('empty/README.md', '');

    expect((await readManifests(folder, 'empty')).problems).toHaveLength(1);
  });
});

test.each([
  ['kustomize', { kustomize: 'deploy' }],
  ['helm', { helm: { chart: 'chart', values: [] } }],
])('%s is said to follow later', async (kind, source) => {
  const application = { entry: { service: 'web', port: 80 }, images: [], before: [], egress: [], ...source };

  expect((await renderApplication(application, folder)).problems).toMatchObject([
    { message: `application.${kind} is not supported yet; it follows in a later version` },
  ]);
});
