import type { DecideContext } from './decision.ts';

/** By the forge's own answer, never by what a comment says of its author. PURE. */
export function mayWrite(permission: DecideContext['permission']): boolean {
  return permission === 'write' || permission === 'maintain' || permission === 'admin';
}
