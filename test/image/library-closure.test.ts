import { realpath } from 'node:fs/promises';
import { execPath } from 'node:process';
import { expect, test } from 'vitest';
import { libraryClosure, parseLdd } from '../../src/image/library-closure.ts';

test('the output of ldd gives the libraries and the loader, and nothing for what is static', () => {
  const output = [
    '/usr/bin/x:',
    '\tlinux-vdso.so.1 (0x00007f)',
    '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)',
    '\tlibmissing.so => not found',
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007f)',
    '/usr/bin/k6:',
    '\tnot a dynamic executable',
  ].join('\n');

  expect(parseLdd(output)).toEqual(['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
});

test('the closure of a program names real places only, so that the links of the image lead to them', async () => {
  const libraries = await libraryClosure([execPath], AbortSignal.timeout(30_000));

  expect(libraries.some((path) => /\/libc\.so\.6$/.test(path))).toBe(true);
  for (const path of libraries)
    expect(await realpath(path.slice(0, path.lastIndexOf('/')))).toBe(path.slice(0, path.lastIndexOf('/')));
});
