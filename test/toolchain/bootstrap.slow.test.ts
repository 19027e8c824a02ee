import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const nodePackage = `node-linux-${process.arch}`;
const main = `
const [what] = process.argv.slice(2);
if (what === 'wait') {
  process.on('SIGTERM', () => { console.log('told to end'); process.exit(7); });
  console.log('waiting');
  setInterval(() => undefined, 1000);
} else {
  console.log(JSON.stringify({ args: process.argv.slice(2), node: process.env.CHOSEN_NODE ?? null }));
  process.exit(Number(process.env.EXIT_CODE ?? 0));
}
`;
let checkout: string;

/** A checkout whose one locked dependency is a Node of its own, a script that says so and starts ours. */
beforeEach(async () => {
  checkout = await realpath(await mkdtemp(join(tmpdir(), 'greenroom-bootstrap-')));
  await mkdir(join(checkout, 'src'));
  await mkdir(join(checkout, 'vendored/bin'), { recursive: true });
  for (const name of ['bootstrap.mjs', 'bootstrap-dependencies.mjs']) {
    await cp(join(root, 'tools', name), join(checkout, 'tools', name));
  }
  await writeFile(join(checkout, 'src/main.ts'), main);
  await writeFile(join(checkout, 'vendored/bin/node'), `#!/bin/sh\nCHOSEN_NODE=24 exec "${process.execPath}" "$@"\n`, {
    mode: 0o755,
  });
  await writeLock('24.0.0');
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

async function writeLock(version: string): Promise<void> {
  const own = { name: 'checkout', version: '1.0.0', dependencies: { [nodePackage]: 'file:vendored' } };
  const packages = {
    '': own,
    vendored: { name: nodePackage, version },
    [`node_modules/${nodePackage}`]: { resolved: 'vendored', link: true },
  };
  await writeFile(join(checkout, 'vendored/package.json'), JSON.stringify({ name: nodePackage, version }));
  await writeFile(join(checkout, 'package.json'), JSON.stringify(own));
  await writeFile(
    join(checkout, 'package-lock.json'),
    JSON.stringify({ name: 'checkout', version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
  );
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function begin(args: string[], env: Record<string, string> = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(checkout, 'tools/bootstrap.mjs'), ...args], {
    env: { ...process.env, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  return { child, ended: once(child, 'close').then(([code]) => ({ code, stdout, stderr })) };
}

test('a fresh checkout installs its dependencies and starts on the Node among them, with a clean stdout', async () => {
  const first = await begin(['greenroom', 'run', '.', '--json'], { EXIT_CODE: '3' }).ended;

  expect(JSON.parse(first.stdout)).toEqual({ args: ['run', '.', '--json'], node: '24' });
  expect(first.stderr).toContain('installing the locked dependencies');
  expect(first.code).toBe(3);
});

test('a second start installs nothing, one with another lock file does', async () => {
  await begin(['greenroom']).ended;

  const second = await begin(['greenroom']).ended;
  await writeLock('24.0.1');
  const changed = await begin(['greenroom']).ended;

  expect(second.stderr).toBe('');
  expect(changed.stderr).toContain('installing the locked dependencies');
  expect(changed.code).toBe(0);
});

test('what an npm ci by hand installed is taken as it is', async () => {
  await begin(['greenroom']).ended;
  const before = await stamp();
  await rm(join(checkout, 'node_modules/.greenroom-stamp'));

  const again = await begin(['greenroom']).ended;

  expect(again.stderr).toBe('');
  expect(await stamp()).toBe(before);
});

test('two first starts at once install once', async () => {
  const both = await Promise.all([begin(['greenroom', 'one']).ended, begin(['greenroom', 'two']).ended]);

  expect(both.map((one) => one.code)).toEqual([0, 0]);
  expect(both.filter((one) => one.stderr.includes('installing'))).toHaveLength(1);
  expect(both.map((one) => JSON.parse(one.stdout).args[0])).toEqual(['one', 'two']);
});

test('a signal reaches the program, and its exit code comes back', async () => {
  const { child, ended } = begin(['greenroom', 'wait']);
  child.stdout?.on('data', (data) => {
    if (String(data).includes('waiting')) child.kill('SIGTERM');
  });

  const end = await ended;

  expect(end).toMatchObject({ code: 7, stdout: 'waiting\ntold to end\n' });
});

test('an npm that cannot install is "could not test", with its reason', async () => {
  await writeFile(join(checkout, 'package.json'), '{"dependencies":{"missing":"1.0.0"}}');

  const end = await begin(['greenroom']).ended;

  expect(end).toMatchObject({ code: 3, stdout: '' });
  expect(end.stderr).toContain('npm ci ended with');
});

function stamp(): Promise<string> {
  return readFile(join(checkout, 'node_modules/.greenroom-stamp'), 'utf8');
}
