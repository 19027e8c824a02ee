import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type DebianOptions,
  ensureDebianPackages,
  isDebian,
  missingDebianPackages,
} from '../../src/toolchain/debian.ts';

let root: string;
let commands: string[];
let lines: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'greenroom-debian-'));
  commands = [];
  lines = [];
  // So that `images` lacks one package, which is enough to see what happens.
  await place('usr/bin/newuidmap');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function place(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
}

function options(over: Partial<DebianOptions> = {}): DebianOptions {
  return {
    isRoot: true,
    isDebian: true,
    interactive: null,
    assumeYes: false,
    root,
    onProgress: (line) => lines.push(line),
    signal: new AbortController().signal,
    run: async (command, args) => {
      commands.push([command, ...args].join(' '));
      if (args.includes('install')) await place('usr/bin/buildah', 'usr/bin/git');
      return { code: 0, tail: [] };
    },
    ...over,
  };
}

describe('looking', () => {
  test('names what is missing in the order of the table, and only what was asked for', async () => {
    await place('usr/bin/etcd', 'usr/sbin/runc', 'usr/lib/postgresql/15/bin/postgres');

    const missing = await missingDebianPackages(['cluster', 'postgres', 'browser'], root);

    expect(missing.map((candidate) => candidate.name)).toEqual([
      'containerd',
      'containernetworking-plugins',
      'docker-registry',
      'nftables',
      'conntrack',
      'iproute2',
      'openssl',
      'chromium',
      'fonts-liberation',
    ]);
  });

  test('takes a program that came another way', async () => {
    await place('usr/local/bin/buildah');

    expect(await missingDebianPackages(['images'], root)).toEqual([]);
  });

  test('runs nothing when all is there', async () => {
    await place('usr/bin/buildah');

    expect(await ensureDebianPackages(['images'], options({ isRoot: false, isDebian: false }))).toEqual([]);
    expect(commands).toEqual([]);
  });

  test.each([
    ['ID=debian\nVERSION_ID="12"\n', true],
    ['ID="debian"\n', true],
    ['ID=ubuntu\nID_LIKE=debian\n', false],
    [null, false],
  ])('a release file %j makes Debian: %s', async (release, debian) => {
    if (release !== null) {
      await place('etc/os-release');
      await writeFile(join(root, 'etc/os-release'), release);
    }

    expect(await isDebian(root)).toBe(debian);
  });
});

describe('installing', () => {
  test('goes ahead without a terminal, with the missing packages and nothing more', async () => {
    const installed = await ensureDebianPackages(['images', 'git'], options());

    expect(installed).toEqual(['git', 'buildah']);
    expect(commands.map((line) => line.replace(/-o \S+ -q /, ''))).toEqual([
      'apt-get update',
      'apt-get install --yes --no-install-recommends git buildah',
    ]);
    expect(lines[0]).toBe('missing Debian packages: git buildah');
  });

  test.each([
    ['yes, so it installs', true, 2],
    ['no, so it does not', false, 0],
  ])('asks on a terminal: the answer is %s', async (_, answer, runs) => {
    const questions: string[] = [];
    const interactive = async (question: string) => {
      questions.push(question);
      return answer;
    };

    const asked = ensureDebianPackages(['images'], options({ interactive }));

    await (answer ? expect(asked).resolves.toEqual(['buildah']) : expect(asked).rejects.toThrow('"buildah" missing'));
    expect(questions).toHaveLength(1);
    expect(commands).toHaveLength(runs);
  });

  test('does not ask with --yes', async () => {
    const interactive = () => Promise.reject(new Error('asked'));

    expect(await ensureDebianPackages(['images'], options({ interactive, assumeYes: true }))).toEqual(['buildah']);
  });

  test('forbids services to start meanwhile, and only meanwhile', async () => {
    const policy = join(root, 'usr/sbin/policy-rc.d');
    const seen: string[] = [];
    const run: DebianOptions['run'] = async (_, args) => {
      if (args.includes('install')) seen.push(await readFile(policy, 'utf8'));
      return { code: 0, tail: [] };
    };

    await ensureDebianPackages(['cluster'], options({ run }));

    expect(seen).toEqual([expect.stringContaining('exit 101')]);
    expect(existsSync(policy)).toBe(false);
  });

  test("leaves an operator's own service policy as it is", async () => {
    await place('usr/sbin/policy-rc.d');
    await writeFile(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 0\n');

    await ensureDebianPackages(['images'], options());

    expect(await readFile(join(root, 'usr/sbin/policy-rc.d'), 'utf8')).toBe('#!/bin/sh\nexit 0\n');
  });

  test('leaves no unit enabled for the next boot where systemd runs', async () => {
    await mkdir(join(root, 'run/systemd/system'), { recursive: true });

    await ensureDebianPackages(['postgres'], options());

    expect(commands.at(-1)).toBe('systemctl disable postgresql.service');
  });

  test('shows the last lines of an apt-get that did not succeed, and takes the policy away', async () => {
    const run: DebianOptions['run'] = async () => ({ code: 100, tail: ['E: Unable to locate package buildah'] });

    await expect(ensureDebianPackages(['images'], options({ run }))).rejects.toMatchObject({
      code: 'PACKAGES_NOT_INSTALLED',
      remedy: 'retry',
      evidence: ['E: Unable to locate package buildah'],
    });
    expect(existsSync(join(root, 'usr/sbin/policy-rc.d'))).toBe(false);
  });
});

describe('a machine that we may not change', () => {
  test.each([
    ['not root', { isRoot: false }, 'sudo apt-get install --no-install-recommends etcd-server'],
    ['not Debian', { isDebian: false }, 'not Debian'],
  ])('gets one clear message when it is %s', async (_, over, hint) => {
    await expect(ensureDebianPackages(['cluster'], options(over))).rejects.toMatchObject({
      code: 'MACHINE_INCOMPLETE',
      remedy: 'fix-input',
      message: expect.stringContaining('"etcd-server"'),
      hint: expect.stringMatching(new RegExp(`${hint}.*--context kind-dev`)),
    });
    expect(commands).toEqual([]);
  });
});
