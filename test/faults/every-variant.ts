import process from 'node:process';

/** `npm run test:faults` plays all of them; within `npm test` one of each kind, the quickest, stands for them. */
export const everyVariant = process.env.GREENROOM_FAULTS === 'all';

/** @param one what `npm test` plays */
export function variants<T>(one: readonly T[], others: readonly T[]): T[] {
  return everyVariant ? [...one, ...others] : [...one];
}
