import type { ForgeEvent } from './event.ts';

/** A change as the forge lists it now. */
export interface OpenChange {
  repository: string;
  number: number;
  headSha: string;
  draft: boolean;
  baseRef: string;
}

/** A change as our rows have it. */
export interface RememberedChange {
  repository: string;
  number: number;
  /** The head that we acted on last, or looked at and let be. */
  headSha: string | null;
  /** How we last saw it; null: before that was written down. */
  closed: boolean;
  draft: boolean | null;
  baseRef: string | null;
  /** Its newest run was ended because the change was closed. */
  endedAsClosed: boolean;
}

/**
 * What the deliveries must have said that never reached us, or came too early: the differences between what the forge lists and what the rows
 * remember, as the very events that deliveries become. Nothing is said of changes in `doubtful` repositories, which could not be listed. PURE.
 */
export function missedEvents(
  open: readonly OpenChange[],
  remembered: readonly RememberedChange[],
  doubtful: ReadonlySet<string>,
): ForgeEvent[] {
  const known = new Map(remembered.map((change) => [keyOf(change), change]));
  const listed = new Set(open.map(keyOf));
  // Also of one that nothing runs for any more: what it said on a commit that it shares goes with it.
  const closed = remembered.filter(
    (change) => !change.closed && !listed.has(keyOf(change)) && !doubtful.has(change.repository),
  );
  return [
    ...open.flatMap((change) => missedOf(change, known.get(keyOf(change)))),
    ...closed.map(
      ({ repository, number }): ForgeEvent => ({
        kind: 'change-closed',
        change: { repository, number },
        merged: false,
      }),
    ),
  ];
}

function missedOf(
  { repository, number, headSha, draft, baseRef }: OpenChange,
  known: RememberedChange | undefined,
): ForgeEvent[] {
  const change = { repository, number };
  if (known === undefined || known.headSha === null)
    return [{ kind: 'change-opened', change, headSha, draft, how: 'opened' }];
  // A run may see the close that a reopening takes back before anybody hears of either.
  if (known.closed || known.endedAsClosed) return [{ kind: 'change-opened', change, headSha, draft, how: 'reopened' }];
  if (known.headSha !== headSha) return [{ kind: 'head-moved', change, headSha, draft }];
  if (known.draft === true && !draft)
    return [{ kind: 'change-opened', change, headSha, draft, how: 'ready-for-review' }];
  const baseChanged = known.baseRef !== null && known.baseRef !== baseRef;
  return baseChanged ? [{ kind: 'head-moved', change, headSha, draft, baseChanged }] : [];
}

function keyOf({ repository, number }: { repository: string; number: number }): string {
  return `${repository.toLowerCase()}#${number}`;
}
