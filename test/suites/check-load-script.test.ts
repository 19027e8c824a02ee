import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkLoadScript } from '../../src/suites/check-load-script.ts';

let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'load-script-'));
  await mkdir(join(root, 'load'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a script may use what k6 has everywhere', async () => {
  const problems = await check(`
    import http from 'k6/http';
    export default function () {
      console.log('asking', new TextEncoder().encode(crypto.randomUUID()).length, __VU);
      const timer = setTimeout(() => console.warn('late'), 1000);
      http.get(__ENV.BASE_URL);
      clearTimeout(timer);
    }
  `);

  expect(problems).toEqual([]);
});

test('what k6 does not have, and what is of the wrong type, is named with its place', async () => {
  const problems = await check(`
    export const options = { vus: process.env.USERS };
    export default function () {
      console.log(crypto.randomUUID() * 2);
    }
  `);

  expect(problems).toMatchObject([
    { file: 'load/browse.ts', line: 2, message: expect.stringContaining('process') },
    { file: 'load/browse.ts', line: 4, message: expect.stringContaining('TS2362') },
  ]);
});

async function check(text: string) {
  await writeFile(join(root, 'load/browse.ts'), text);
  return await checkLoadScript({ root, path: 'load/browse.ts' }, AbortSignal.timeout(60_000));
}
