import { nearest } from '../config/nearest.ts';
import { RunError } from '../errors.ts';

/** The demo's broken changes: patches in `examples/shop/breaks/`. */
export const breakNames = [
  'broken-checkout',
  'slow-search',
  'crash-loop',
  'oom',
  'missing-image',
  'flaky-login',
  'no-config',
] as const;

/** @throws RunError UNKNOWN_BREAK (fix-input) */
export function checkBreakName(name: string): void {
  if ((breakNames as readonly string[]).includes(name)) return;
  const close = nearest(name, breakNames);
  throw new RunError(`looking for the broken change "${name}"`, {
    code: 'UNKNOWN_BREAK',
    remedy: 'fix-input',
    hint: `${close === null ? '' : `Did you mean "${close}"? `}Known: ${breakNames.join(', ')}.`,
  });
}
