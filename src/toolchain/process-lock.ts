import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLiving, parseOwner, placeFile, thisProcess } from '../process-owner.ts';

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
  const mine = JSON.stringify(await thisProcess());
  let told = false;
  while (!(await placeFile(path, mine))) {
    const found = await readFile(path, 'utf8').catch(() => null);
    if (found === null) continue;
    const owner = parseOwner(found);
    if (owner === null || !(await isLiving(owner))) {
      await sweep(path, found);
      continue;
    }
    if (!told) onWait(owner.pid);
    told = true;
    await sleep(pollMs, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    if ((await readFile(path, 'utf8').catch(() => null)) === mine) await rm(path, { force: true });
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
