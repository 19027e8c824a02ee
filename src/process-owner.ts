import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { kill, pid } from 'node:process';

/** A process as a lock file names it: told apart from another that got its number later, or after a reboot. */
export interface ProcessOwner {
  pid: number;
  /** Clock ticks since boot at which it began (proc(5), field 22); null where there is no /proc. */
  startedTicks: string | null;
  bootId: string | null;
  token: string;
}

/** This process, with a token of its own for each call. */
export async function thisProcess(): Promise<ProcessOwner> {
  return { pid, startedTicks: await startedTicks(pid), bootId: await bootId(), token: randomUUID() };
}

/** The owner that a lock file's text names, or null where it names none. */
export function parseOwner(text: string | null): ProcessOwner | null {
  try {
    const owner = JSON.parse(text ?? 'null') as Partial<ProcessOwner> | null;
    return owner !== null && Number.isSafeInteger(owner.pid) ? (owner as ProcessOwner) : null;
  } catch {
    return null;
  }
}

export async function isLiving(owner: ProcessOwner): Promise<boolean> {
  if (!isAlive(owner.pid) || owner.bootId !== (await bootId())) return false;
  return owner.startedTicks === (await startedTicks(owner.pid));
}

/**
 * Puts a finished file where none is: exclusive like O_EXCL, and nobody ever reads a half-written one.
 * @returns false when there is one already
 */
export async function placeFile(path: string, content: string): Promise<boolean> {
  const prepared = `${path}.${randomUUID()}`;
  await writeFile(prepared, content, { flag: 'wx', mode: 0o600 });
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

/** Whether a process exists (signal 0). */
export function isAlive(processId: number): boolean {
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
