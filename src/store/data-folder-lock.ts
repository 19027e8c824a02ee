import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../errors.ts';
import { isLiving, type ProcessOwner, parseOwner, placeFile, thisProcess } from '../process-owner.ts';

export interface DataFolderLock {
  release(): Promise<void>;
}

/** Long enough for any rival that judged the same dead lock to have put its own in place. */
const settleMs = 100;

/**
 * Takes the data folder for this process. A lock left by a dead process (also when its number was reused, or before a
 * reboot) is replaced.
 * @throws RunError STORE_LOCKED, which names the process that holds it
 */
export async function lockDataFolder(dataDir: string): Promise<DataFolderLock> {
  const path = lockPath(dataDir);
  const mine = await thisProcess();
  if (!(await placeFile(path, JSON.stringify(mine)))) {
    const holder = await holderOf(dataDir);
    if (holder !== null) throw lockedBy(holder, dataDir);
    await replaceFile(path, mine);
    await sleep(settleMs);
  }
  const winner = await readHolder(path);
  if (winner?.token !== mine.token) throw lockedBy(winner, dataDir);
  return {
    async release() {
      if ((await readHolder(path))?.token === mine.token) await rm(path, { force: true });
    },
  };
}

/** The living process that holds the data folder, or null. */
export async function holderOf(dataDir: string): Promise<ProcessOwner | null> {
  const holder = await readHolder(lockPath(dataDir));
  return holder !== null && (await isLiving(holder)) ? holder : null;
}

function lockPath(dataDir: string): string {
  return join(dataDir, 'greenroom.lock');
}

async function readHolder(path: string): Promise<ProcessOwner | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return parseOwner(text);
}

/** Of rivals that found the same dead lock the last one wins; each looks again who that was. */
async function replaceFile(path: string, owner: ProcessOwner): Promise<void> {
  const prepared = `${path}.${owner.token}`;
  try {
    await writeFile(prepared, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    await rename(prepared, path);
  } finally {
    await rm(prepared, { force: true });
  }
}

function lockedBy(holder: ProcessOwner | null, dataDir: string): RunError {
  const who = holder === null ? 'another process' : `process ${holder.pid}`;
  return new RunError(`opening the data folder "${dataDir}", which ${who} holds`, {
    code: 'STORE_LOCKED',
    remedy: 'fix-input',
    hint: 'One Greenroom at a time uses a data folder: stop that one, give this one another GREENROOM_DATA_DIR, or use DATABASE_URL for replicas.',
  });
}
