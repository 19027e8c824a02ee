import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill, pid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../errors.ts';

/** Who holds a data folder. */
export interface Holder {
  pid: number;
  /** Clock ticks since boot at which that process began (proc(5), field 22); null where there is no /proc. */
  startedTicks: string | null;
  bootId: string | null;
  token: string;
}

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
  const mine: Holder = { pid, startedTicks: await startedTicks(pid), bootId: await bootId(), token: randomUUID() };
  const prepared = `${path}.${mine.token}`;
  await writeFile(prepared, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
  try {
    if (!(await linked(prepared, path))) {
      const holder = await holderOf(dataDir);
      if (holder !== null) throw lockedBy(holder, dataDir);
      await rename(prepared, path);
      await sleep(settleMs);
    }
  } finally {
    await rm(prepared, { force: true });
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
export async function holderOf(dataDir: string): Promise<Holder | null> {
  const holder = await readHolder(lockPath(dataDir));
  if (holder === null || !exists(holder.pid)) return null;
  if (holder.bootId !== (await bootId())) return null;
  return holder.startedTicks === (await startedTicks(holder.pid)) ? holder : null;
}

function lockPath(dataDir: string): string {
  return join(dataDir, 'greenroom.lock');
}

/** Linking a finished file into place is exclusive like O_EXCL, and nobody ever reads a half-written lock. */
async function linked(prepared: string, path: string): Promise<boolean> {
  try {
    await link(prepared, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  try {
    const holder = JSON.parse(text ?? 'null') as Partial<Holder> | null;
    return holder !== null && Number.isSafeInteger(holder.pid) ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

function exists(processId: number): boolean {
  try {
    kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function startedTicks(processId: number): Promise<string | null> {
  const stat = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function bootId(): Promise<string | null> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null);
  return id?.trim() ?? null;
}

function lockedBy(holder: Holder | null, dataDir: string): RunError {
  const who = holder === null ? 'another process' : `process ${holder.pid}`;
  return new RunError(`opening the data folder "${dataDir}", which ${who} holds`, {
    code: 'STORE_LOCKED',
    remedy: 'fix-input',
    hint: 'One Greenroom at a time uses a data folder: stop that one, give this one another GREENROOM_DATA_DIR, or use DATABASE_URL for replicas.',
  });
}
