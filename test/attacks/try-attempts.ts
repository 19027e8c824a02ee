import { test } from 'vitest';
import type { Attempt } from './attempts.ts';

/** One test for each attempt of a table, named after it and after what stops it. */
export function tryAttempts<Id extends string>(
  attempts: readonly Attempt<Id>[],
  checks: Record<Id, () => void | Promise<void>>,
): void {
  for (const { id, attempt, stoppedBy } of attempts) test(`${attempt} · ${stoppedBy}`, () => checks[id]());
}
