import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultArchiveLimits, unpackArchive } from '../../src/forge/archive.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-archive-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Entry = Partial<Header> & { name: string; content?: string };

async function archiveOf(entries: Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...header } of entries) tar.entry(header, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

function unpack(archive: Buffer, limits = defaultArchiveLimits) {
  return unpackArchive(Readable.from([archive]), join(folder, 'out'), limits, new AbortController().signal);
}

test('files and folders arrive without the first part of their names', async () => {
  const archive = await archiveOf([
    { name: 'acme-shop-1234567/', type: 'directory' },
    { name: 'acme-shop-1234567/bin/run.sh', mode: 0o775, content: '#!/bin/sh\n' },
    { name: 'acme-shop-1234567/a b/ü.txt', content: 'x' },
    { name: 'acme-shop-1234567/empty/', type: 'directory' },
  ]);

  const done = await unpack(archive);

  expect(done).toEqual({ files: 2, bytes: 11, leftOut: [] });
  expect((await readdir(join(folder, 'out'), { recursive: true })).sort()).toEqual(
    ['a b', 'a b/ü.txt', 'bin', 'bin/run.sh', 'empty'].sort(),
  );
  expect((await stat(join(folder, 'out/bin/run.sh'))).mode & 0o777).toBe(0o755);
});

test('links and devices are left out and named', async () => {
  const archive = await archiveOf([
    { name: 'p/link', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'p/hard', type: 'link', linkname: 'p/file' },
    { name: 'p/pipe', type: 'fifo' },
    { name: 'p/link/inside', content: 'here' },
  ]);

  const done = await unpack(archive);

  expect(done.leftOut).toEqual(['link', 'hard', 'pipe']);
  expect(await readFile(join(folder, 'out/link/inside'), 'utf8')).toBe('here');
});

test.each(['p/../../evil', '/etc/evil', 'p/./evil', '../evil', 'p//evil', 'p/a/../../../evil'])(
  'the name %j is refused and nothing is written outside',
  async (name) => {
    const archive = await archiveOf([{ name, content: 'evil' }]);

    await expect(unpack(archive)).rejects.toMatchObject({ code: 'ARCHIVE_REFUSED', remedy: 'fix-input' });

    expect(await readdir(folder, { recursive: true })).toEqual(['out']);
  },
);

test('a name that comes twice is refused', async () => {
  const archive = await archiveOf([
    { name: 'p/file', content: 'checked' },
    { name: 'p/file', content: 'replaced' },
  ]);

  await expect(unpack(archive)).rejects.toThrow('EEXIST');
});

test.each([[{ maxFiles: 2, maxBytes: 1000 }], [{ maxFiles: 100, maxBytes: 20 }]])(
  'an archive over %j is refused',
  async (limits) => {
    const archive = await archiveOf(['a', 'b', 'c'].map((name) => ({ name: `p/${name}`, content: '0123456789' })));

    await expect(unpack(archive, limits)).rejects.toMatchObject({ code: 'ARCHIVE_REFUSED' });
  },
);

test('a bomb ends at the limit, not at its own size', async () => {
  const archive = await archiveOf([{ name: 'p/bomb', content: '\0'.repeat(64 * 1024 * 1024) }]);

  await expect(unpack(archive, { maxFiles: 10, maxBytes: 1024 * 1024 })).rejects.toMatchObject({
    code: 'ARCHIVE_REFUSED',
  });

  expect((await stat(join(folder, 'out/bomb'))).size).toBeLessThanOrEqual(1024 * 1024);
});

test.each([
  ['cut off', (archive: Buffer) => archive.subarray(0, archive.length - 30)],
  ['no archive', () => Buffer.from('<html>Bad gateway</html>')],
  ['empty', () => Buffer.alloc(0)],
])('an archive that is %s asks for another attempt', async (_what, damage) => {
  const archive = await archiveOf([{ name: 'p/file', content: 'x'.repeat(5000) }]);

  await expect(unpack(damage(archive))).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE', remedy: 'retry' });
});

test('an abort ends it with its own reason', async () => {
  const controller = new AbortController();
  const stalled = new Readable({ read: () => undefined });
  const unpacking = unpackArchive(stalled, join(folder, 'out'), defaultArchiveLimits, controller.signal);

  controller.abort(new Error('superseded'));

  await expect(unpacking).rejects.toThrow('superseded');
});
