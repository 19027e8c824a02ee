import { environmentsToTearDown } from '../store/teardowns.ts';
import { claimTurn, endTurn } from '../store/turns.ts';
import { environmentsOf, listOwnedNamespaces } from '../teardown/owned-namespaces.ts';
import type { Player } from './play-run.ts';

/** Each costs a Pulumi process and some seconds; the next round goes on. */
const clearedAtOnce = 5;
const clearMs = 120_000;
const turn = 'clear-stacks';
const turnMs = (clearedAtOnce + 1) * clearMs;

/**
 * Clears what Pulumi remembers of environments that are gone: a stack for which no run without a receipt is known and no namespace
 * stands. The stacks are listed first: one that comes later belongs to a run that comes later.
 * @returns how many
 */
export async function clearStacks(
  player: Pick<Player, 'stage' | 'store' | 'stacks' | 'owner'>,
  signal: AbortSignal,
): Promise<number> {
  const { store, owner } = player;
  // Two that clear one stack take each other's lock for a dead one's.
  if (!(await store.transaction((tx) => claimTurn(tx, turn, owner, turnMs)))) return 0;
  try {
    return await clearInTurn(player, signal);
  } finally {
    await store.transaction((tx) => endTurn(tx, turn, owner));
  }
}

async function clearInTurn(
  { stage, store, stacks }: Pick<Player, 'stage' | 'store' | 'stacks'>,
  signal: AbortSignal,
): Promise<number> {
  const names = await stacks.names(signal);
  if (names.length === 0) return 0;
  const promised = await environmentsToTearDown(store);
  const candidates = names.filter((name) => !promised.has(name));
  if (candidates.length === 0) return 0;
  const namespaces = await listOwnedNamespaces(stage.kubernetes, stage.instance, null, signal);
  const standing = new Set(environmentsOf(namespaces).map(({ name }) => name));
  let cleared = 0;
  for (const name of candidates.filter((candidate) => !standing.has(candidate)).slice(0, clearedAtOnce)) {
    signal.throwIfAborted();
    const { ok, detail } = await stacks.clear(name, AbortSignal.any([signal, AbortSignal.timeout(clearMs)]));
    if (ok) cleared += 1;
    else stage.log.warn({ stack: name, detail }, 'clearing a stack that no environment needs');
  }
  return cleared;
}
