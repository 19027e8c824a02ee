import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { kill, pid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 300;

/**
 * Runs `work` while this process holds the lock file. A lock whose owner is gone is swept. Waiting ends with the signal.
 *
 * A lock only spares double work; what it guards must stay correct without it (a temporary name, then a rename),
 * because between two processes that sweep the same dead lock there is an instant in which both may hold one.
 * @param onWait called once, with the owner's process id, when somebody else holds it
 */
export async function withProcessLock<T>(
  path: string,
  signal: AbortSignal,
  onWait: (owner: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const mine = JSON.stringify({ pid, started: await startedAt(pid), token: randomUUID() });
  let told = false;
  while (!(await tryLock(path, mine))) {
    const found = await readFile(path, 'utf8').catch(() => null);
    if (found === null) continue;
    const owner = await livingOwner(found);
    if (owner === null) {
      await sweep(path, found);
      continue;
    }
    if (!told) onWait(owner);
    told = true;
    await sleep(pollMs, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    if ((await readFile(path, 'utf8').catch(() => null)) === mine) await rm(path, { force: true });
  }
}

/** Linking a finished file into place: nobody ever reads a half-written lock. */
async function tryLock(path: string, content: string): Promise<boolean> {
  const prepared = `${path}.${randomUUID()}`;
  await writeFile(prepared, content, { flag: 'wx' });
  try {
    await link(prepared, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(prepared, { force: true });
  }
}

/** The owner's process id, or null when it is gone, also when its number was given to another process since. */
async function livingOwner(content: string): Promise<number | null> {
  try {
    const owner = JSON.parse(content) as { pid: number; started: string | null };
    if (!isAlive(owner.pid)) return null;
    const started = await startedAt(owner.pid);
    return started === owner.started ? owner.pid : null;
  } catch {
    return null;
  }
}

async function sweep(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // Somebody swept and locked between our look and our rename: give it back.
  if ((await readFile(aside, 'utf8')) !== dead) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

export function isAlive(processId: number): boolean {
  try {
    kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Clock ticks since boot at which a process began (proc(5), field 22), or null where there is no /proc. */
async function startedAt(processId: number): Promise<string | null> {
  const stat = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
