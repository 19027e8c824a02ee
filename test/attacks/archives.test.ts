import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unpackArchive } from '../../src/forge/archive.ts';
import { unpackOutputs } from '../../src/suites/fetch-outputs.ts';
import { archiveAttempts } from './attempts.ts';
import { tryAttempts } from './try-attempts.ts';

let outside: string;
let folder: string;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'greenroom-attacks-'));
  folder = join(outside, 'inside', 'folder');
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

type Entry = Pick<Header, 'name'> & Partial<Header> & { content?: string };
/** The bytes of a tar whose entries are in this folder. */
type Tar = (prefix: string) => Promise<Buffer>;

const tarOf =
  (entries: Entry[]): Tar =>
  async (prefix) => {
    const archive = pack();
    for (const { content = '', ...header } of entries) {
      const name = header.name.startsWith('/') ? header.name : `${prefix}${header.name}`;
      archive.entry({ ...header, name }, content);
    }
    archive.entry({ name: `${prefix}.complete` }, '{}');
    archive.finalize();
    return buffer(archive);
  };

const limits = { maxFiles: 10, maxBytes: 1000 };
const { signal } = new AbortController();
const unpackers: [string, (tar: Tar, into: string) => Promise<unknown>][] = [
  [
    "as the forge's archive of a tree",
    async (tar, into) => unpackArchive(Readable.from([gzipSync(await tar('tree/'))]), into, limits, signal),
  ],
  ["as a suite's files", async (tar, into) => unpackOutputs(Readable.from([await tar('')]), into, limits)],
];

describe.each(unpackers)('%s', (_, unpack) => {
  const refusal = (tar: Tar): Promise<string | null> =>
    unpack(tar, folder).then(
      () => null,
      (error: { code?: string }) => error.code ?? String(error),
    );
  /** Refused or left out; and nothing anywhere else. */
  const holds = async (entries: Entry[], name: string) => {
    expect((await refusal(tarOf(entries))) ?? 'REFUSED').toMatch(/REFUSED/);
    expect(existsSync(join(folder, name))).toBe(false);
    expect(readdirSync(outside)).toEqual(['inside']);
    expect(readdirSync(join(outside, 'inside'))).toEqual(['folder']);
  };
  test('plain files come through', async () => {
    expect(
      await refusal(
        tarOf([
          { name: 'a/b.txt', content: 'x' },
          { name: 'evil', content: 'x' },
        ]),
      ),
    ).toBeNull();
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['a', 'evil']));
  });

  const link = { name: 'link', type: 'symlink', linkname: '../..' } as const;
  tryAttempts(archiveAttempts, {
    climbs: () => holds([{ name: '../../evil', content: 'x' }], 'evil'),
    'climbs-late': () => holds([{ name: 'a/../../../../evil', content: 'x' }], 'evil'),
    absolute: () => holds([{ name: `${outside}/evil`, content: 'x' }], 'evil'),
    nul: () => holds([{ name: 'a', content: 'x', pax: { path: 'tree/a\0b' } }], 'a'),
    link: () => holds([link], 'link'),
    'through-link': () => holds([link, { name: 'link/evil', content: 'x' }], '../../evil'),
    'hard-link': () => holds([{ name: 'hard', type: 'link', linkname: '/etc/passwd' }], 'hard'),
    device: () => holds([{ name: 'dev', type: 'character-device', devmajor: 1, devminor: 1 }], 'dev'),
    many: async () => {
      const entries = Array.from({ length: limits.maxFiles + 1 }, (_unused, index) => ({
        name: `f${index}`,
        content: '',
      }));
      expect(await refusal(tarOf(entries))).toMatch(/REFUSED/);
    },
    large: async () => {
      expect(await refusal(tarOf([{ name: 'large', content: 'x'.repeat(4 * limits.maxBytes) }]))).toMatch(/REFUSED/);
    },
  });
});
