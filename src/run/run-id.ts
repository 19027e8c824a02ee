import { base32 } from './base32.ts';

/** Bytes of randomness that a run id takes. */
export const runIdBytes = 12;

/**
 * A new run's id: 20 characters, DNS-1123, 95 random bits, because reports are read under it by whoever knows it.
 * @param randomBytes returns that many random bytes (`randomBytes` of node:crypto)
 */
export function newRunId(randomBytes: (count: number) => Uint8Array): string {
  return `r${base32(randomBytes(runIdBytes)).slice(0, 19)}`;
}
