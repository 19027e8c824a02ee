import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../../src/errors.ts';

const everyMs = 100;

/**
 * Looks until there is something to see; an error counts as not yet, since most of what is looked at is broken on purpose.
 * @throws Error that says for what it waited, and what the last look came to
 */
export async function until<T>(what: string, look: () => Promise<T | null | false>, withinMs = 120_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last = 'nothing';
  while (Date.now() < deadline) {
    try {
      const seen = await look();
      if (seen !== null && seen !== false) return seen;
      last = 'nothing';
    } catch (error) {
      if (error instanceof TooLate) throw error;
      last = explain(error);
    }
    await sleep(everyMs);
  }
  throw new Error(`waited ${withinMs / 1000} s, but not: ${what} (the last look: ${last})`);
}

/** What is waited for cannot come any more. */
export class TooLate extends Error {}
