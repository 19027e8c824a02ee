import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { cachedBinary, defaultCacheDir, ensureTools } from '../../src/toolchain/ensure-tools.ts';
import { aBinaryOnPath, aWorkshop, type ToolWorkshop } from './go-module.ts';

const execute = promisify(execFile);
const made: ToolWorkshop[] = [];

async function workshop(main?: string): Promise<ToolWorkshop> {
  const one = await aWorkshop(main);
  made.push(one);
  return one;
}

function states(one: ToolWorkshop): string[] {
  return one.progress.map((line) => line.state);
}

afterEach(async () => {
  await Promise.all(made.splice(0).map((one) => rm(one.folder, { recursive: true, force: true })));
});

describe('a tool that is nowhere', () => {
  test('is built from its pinned module, and the binary runs', async () => {
    const here = await workshop();

    const { k6 } = await ensureTools(['k6'], here.options);

    expect(k6).toBe(cachedBinary(here.options.cacheDir, here.tool));
    expect((await execute(k6)).stderr).toBe('hello\n');
    // A build that takes longer, as the first of a machine does, says so more than once.
    expect([...new Set(states(here))]).toEqual(['building', 'built']);
    expect(here.progress[0]?.text).toContain('k6 2.2.0 (1 of 1)');
  });

  test('is not built a second time', async () => {
    const here = await workshop();
    const { k6 } = await ensureTools(['k6'], here.options);
    const before = await stat(k6);
    here.progress.length = 0;

    await ensureTools(['k6'], here.options);

    expect(states(here)).toEqual(['cached']);
    expect((await stat(k6)).mtimeMs).toBe(before.mtimeMs);
  });

  test('is built once when two ask at the same time', async () => {
    const here = await workshop();

    const both = await Promise.all([ensureTools(['k6'], here.options), ensureTools(['k6'], here.options)]);

    expect(both[0]).toEqual(both[1]);
    expect(states(here).filter((state) => state === 'built')).toHaveLength(1);
    expect(states(here)).toContain('waiting');
  });

  test('leaves nothing but the binary in the cache, whatever an interrupted build left there', async () => {
    const here = await workshop();
    const target = cachedBinary(here.options.cacheDir, here.tool);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(join(dirname(target), '.k6.1234.partial'), 'half');
    await writeFile(`${target}.lock`, JSON.stringify({ pid: 2 ** 22 + 1, started: '1' }));

    await ensureTools(['k6'], here.options);

    expect(await readdir(dirname(target))).toEqual(['k6']);
  });

  test('is not built when the work was called off before', async () => {
    const here = await workshop();
    const signal = AbortSignal.abort(new Error('called off'));

    await expect(ensureTools(['k6'], { ...here.options, signal })).rejects.toThrow('called off');
    expect(await readdir(here.folder)).toEqual(['checkout']);
  });

  test('ends its compiler and leaves no half binary when the work is called off meanwhile', async () => {
    const here = await workshop();
    const controller = new AbortController();
    const onProgress = () => setTimeout(() => controller.abort(new Error('called off')), 50);

    const building = ensureTools(['k6'], { ...here.options, onProgress, signal: controller.signal });

    await expect(building).rejects.toThrow('called off');
    expect(await readdir(dirname(cachedBinary(here.options.cacheDir, here.tool)))).toEqual([]);
  });
});

describe('a build that does not succeed', () => {
  test('says which module, and shows the last lines', async () => {
    const here = await workshop('package main\n\nfunc main() { undefinedHere() }\n');

    const building = ensureTools(['k6'], here.options);

    await expect(building).rejects.toMatchObject({
      code: 'TOOL_BUILD_FAILED',
      remedy: 'report-bug',
      message: expect.stringContaining('tools/hello'),
      evidence: expect.arrayContaining([expect.stringContaining('undefined: undefinedHere')]),
    });
  });

  test('names Go as the remedy when there is none on PATH', async () => {
    const here = await workshop();
    const env = { ...here.options.env, PATH: here.folder };

    await expect(ensureTools(['k6'], { ...here.options, env })).rejects.toMatchObject({
      code: 'GO_MISSING',
      remedy: 'fix-input',
      hint: expect.stringContaining('Go 1.26'),
    });
  });

  test('does not stand in the way of the next one', async () => {
    const here = await workshop('package main\n\nfunc main() { undefinedHere() }\n');
    await ensureTools(['k6'], here.options).catch(() => undefined);
    await writeFile(join(here.folder, 'checkout/tools/hello/main.go'), 'package main\n\nfunc main() {}\n');

    await expect(ensureTools(['k6'], here.options)).resolves.toHaveProperty('k6');
  });
});

describe('a tool on PATH', () => {
  test('is used when its version is compatible', async () => {
    const here = await workshop();
    const binary = await aBinaryOnPath(join(here.folder, 'bin'), 'k6', 'echo "k6 v2.9.1 (go1.26, linux/amd64)"');

    const found = await ensureTools(['k6'], { ...here.options, path: dirname(binary) });

    expect(found).toEqual({ k6: binary });
    expect(here.progress[0]).toMatchObject({ state: 'on-path', text: `k6 2.9.1: ${binary}` });
  });

  test.each([
    ['is too old', 'echo "k6 v1.6.0"'],
    ['is too new', 'echo "k6 v3.0.0"'],
    ['says nothing about its version', 'echo "no version"'],
    ['ends with an error', 'echo "k6 v2.2.0"; exit 3'],
  ])('is passed over when it %s', async (_, script) => {
    const here = await workshop();
    const binary = await aBinaryOnPath(join(here.folder, 'bin'), 'k6', script);

    const { k6 } = await ensureTools(['k6'], { ...here.options, path: dirname(binary) });

    expect(k6).not.toBe(binary);
  });

  test('further down is found behind one that does not fit', async () => {
    const here = await workshop();
    const old = await aBinaryOnPath(join(here.folder, 'old'), 'k6', 'echo "k6 v1.6.0"');
    const good = await aBinaryOnPath(join(here.folder, 'good'), 'k6', 'echo "k6 v2.2.0"');

    const { k6 } = await ensureTools(['k6'], { ...here.options, path: `${dirname(old)}:${dirname(good)}` });

    expect(k6).toBe(good);
  });
});

test('a tool that embeds files of its module is built without touching the checkout', async () => {
  const main = [
    'package main',
    'import _ "embed"',
    '//go:embed schema.json',
    'var schema string',
    'func main() { print(schema) }',
  ].join('\n');
  const here = await workshop(main);
  const checkout = join(here.folder, 'checkout/tools/hello');
  // `go mod download -json` of a module in the local file system, through a proxy folder of our own.
  const proxy = join(here.folder, 'proxy/example.test/shipped/@v');
  await mkdir(join(here.folder, 'shipped/data'), { recursive: true });
  await mkdir(proxy, { recursive: true });
  const root = join(here.folder, 'zip/example.test/shipped@v1.0.0');
  await mkdir(join(root, 'data'), { recursive: true });
  await writeFile(join(root, 'go.mod'), 'module example.test/shipped\n');
  await writeFile(join(root, 'shipped.go'), 'package shipped\n');
  await writeFile(join(root, 'data/schema.json'), '{"name":"shop","version":"0"}');
  await execute('python3', ['-c', zipScript, join(here.folder, 'zip'), join(proxy, 'v1.0.0.zip')]);
  await writeFile(join(proxy, 'v1.0.0.mod'), 'module example.test/shipped\n');
  await writeFile(join(proxy, 'v1.0.0.info'), '{"Version":"v1.0.0"}');
  await writeFile(join(checkout, 'go.mod'), 'module tools/hello\n\ngo 1.21\n\nrequire example.test/shipped v1.0.0\n');
  const env = {
    ...here.options.env,
    GOPROXY: `file://${join(here.folder, 'proxy')}`,
    GONOSUMDB: '*',
    GOMODCACHE: join(here.folder, 'mod'),
    GOFLAGS: '-mod=mod -modcacherw',
  };
  const embeds = { from: 'example.test/shipped', files: [{ source: 'data/schema.json', stampVersion: true }] };

  const { k6 } = await ensureTools(['k6'], { ...here.options, env, table: [{ ...here.tool, embeds }] });

  expect(JSON.parse((await execute(k6)).stderr)).toEqual({ name: 'shop', version: '2.2.0' });
  expect((await readdir(checkout)).sort()).toEqual(['go.mod', 'main.go']);
  expect(await readFile(join(checkout, 'main.go'), 'utf8')).toBe(main);
});

const zipScript = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[2], 'w') as z:
    for folder, _, names in os.walk(sys.argv[1]):
        for name in names:
            path = os.path.join(folder, name)
            z.write(path, os.path.relpath(path, sys.argv[1]))
`;

test.each([
  [{ XDG_CACHE_HOME: '/caches', HOME: '/home/ada' }, '/caches/greenroom'],
  [{ XDG_CACHE_HOME: '', HOME: '/home/ada' }, '/home/ada/.cache/greenroom'],
])('the cache folder of %j is %s', (env, folder) => {
  expect(defaultCacheDir(env)).toBe(folder);
});
