import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { execPath, pid } from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Delivery } from '../../src/event/event.ts';
import { silentLog } from '../../src/log.ts';
import { holderOf, lockDataFolder } from '../../src/store/data-folder-lock.ts';
import { acceptDelivery, unhandledDeliveries } from '../../src/store/deliveries.ts';
import { openStore } from '../../src/store/open-store.ts';
import { defaultCacheDir } from '../../src/toolchain/ensure-tools.ts';

let folder: string;
let dataDir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-store-'));
  dataDir = join(folder, 'data');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function delivery(id: string): Delivery {
  const event = { kind: 'other' as const, name: 'ping', why: '' };
  return { id, forge: 'github', name: 'ping', receivedAt: new Date().toISOString(), event };
}

const cacheDir = defaultCacheDir(process.env);
const openModule = new URL('../../src/store/open-store.ts', import.meta.url).href;
const logModule = new URL('../../src/log.ts', import.meta.url).href;
const deliveriesModule = new URL('../../src/store/deliveries.ts', import.meta.url).href;

/** Another process that opens the folder, accepts deliveries until it is killed, and says so. */
function startHolder(dataDir: string) {
  const program = `
    const { openStore } = await import(${JSON.stringify(openModule)});
    const { silentLog } = await import(${JSON.stringify(logModule)});
    const { acceptDelivery } = await import(${JSON.stringify(deliveriesModule)});
    const store = await openStore({ dataDir: ${JSON.stringify(dataDir)}, cacheDir: ${JSON.stringify(cacheDir)} }, { log: silentLog() });
    for (let n = 0; ; n++) {
      await acceptDelivery(store, { id: 'd' + n, forge: 'github', name: 'ping', receivedAt: new Date().toISOString(),
        event: { kind: 'other', name: 'ping', why: '' } });
      process.stdout.write(n + '\\n');
    }`;
  return spawn(execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a second process is refused with the first one named; after its death everything accepted is there', async () => {
  const holder = startHolder(dataDir);
  let accepted = -1;
  holder.stdout.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '') accepted = Number(line);
  });
  while (accepted < 20) await once(holder.stdout, 'data');

  await expect(openStore({ dataDir }, { log: silentLog() })).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    remedy: 'fix-input',
    message: `opening the data folder "${dataDir}", which process ${holder.pid} holds`,
  });
  expect((await holderOf(dataDir))?.pid).toBe(holder.pid);

  const ended = once(holder, 'close');
  holder.kill('SIGKILL');
  await ended;
  const store = await openStore({ dataDir }, { log: silentLog() });
  const survived = new Set(await unhandledDeliveries(store, new Date(Date.now() + 60_000), 100_000));
  await store.close();

  expect(Array.from({ length: accepted + 1 }, (_, n) => `d${n}`).filter((id) => !survived.has(id))).toEqual([]);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('greenroom.lock'))).toEqual([]);
});

test('the same process cannot open a folder twice, and a reopened one knows what it accepted', async () => {
  const store = await openStore({ dataDir }, { log: silentLog(), wakeUps: 'none' });

  await expect(openStore({ dataDir }, { log: silentLog(), wakeUps: 'none' })).rejects.toMatchObject({
    code: 'STORE_LOCKED',
  });
  const answer = await acceptDelivery(store, delivery('d0'));
  await store.close();
  await store.close();

  expect(answer).toBe('known');
});

test('a lock whose process number now belongs to another process is replaced', async () => {
  const reusedDir = await mkdtemp(join(folder, 'reused-'));
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const reused = { pid, startedTicks: '1', bootId, token: 'dead' };
  await writeFile(join(reusedDir, 'greenroom.lock'), JSON.stringify(reused));

  const lock = await lockDataFolder(reusedDir);

  expect((await holderOf(reusedDir))?.token).not.toBe('dead');
  await lock.release();
  expect(await holderOf(reusedDir)).toBeNull();
});

test('of many that find the same dead lock at once, one gets the folder', async () => {
  const rivalsDir = await mkdtemp(join(folder, 'rivals-'));
  await writeFile(join(rivalsDir, 'greenroom.lock'), '{"pid": 4194304, "token": "dead"}');

  const rivals = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(rivalsDir)));

  expect(rivals.filter((rival) => rival.status === 'fulfilled')).toHaveLength(1);
  expect(await readdir(rivalsDir)).toEqual(['greenroom.lock']);
});

test('a database that does not answer is named with its remedy', async () => {
  const opening = openStore({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' }, { log: silentLog() });

  await expect(opening).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', remedy: 'retry' });
});
