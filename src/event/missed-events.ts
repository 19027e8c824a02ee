import type { ForgeEvent, QueueRef } from './event.ts';

/** A change as the forge lists it now. */
export interface OpenChange {
  repository: string;
  number: number;
  headSha: string;
  draft: boolean;
  baseRef: string;
}

/** An entry of the merge queue as the forge lists it now. */
export interface ListedEntry extends QueueRef {
  headSha: string;
  baseSha: string;
}

/** An entry of the merge queue that our rows have, and have not seen leave. */
export interface RememberedEntry extends QueueRef {
  headSha: string | null;
  /** Its newest run was ended because the entry was gone. */
  endedAsClosed: boolean;
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

/** The same for the merge queue. Rows remember no entry that was seen leaving: one that is listed is new, or is back. PURE. */
export function missedQueueEvents(
  listed: readonly ListedEntry[],
  remembered: readonly RememberedEntry[],
  doubtful: ReadonlySet<string>,
): ForgeEvent[] {
  const known = new Map(remembered.map((entry) => [entryKeyOf(entry), entry]));
  const there = new Set(listed.map(entryKeyOf));
  const entered = listed.filter((entry) => {
    const one = known.get(entryKeyOf(entry));
    return one === undefined || one.headSha !== entry.headSha || one.endedAsClosed;
  });
  const left = remembered.filter((entry) => !there.has(entryKeyOf(entry)) && !doubtful.has(entry.repository));
  return [
    ...entered.map(
      ({ repository, ref, headSha, baseSha }): ForgeEvent => ({
        kind: 'queue-entered',
        entry: { repository, ref },
        headSha,
        baseSha,
      }),
    ),
    ...left.map(
      ({ repository, ref }): ForgeEvent => ({ kind: 'queue-left', entry: { repository, ref }, how: 'not listed' }),
    ),
  ];
}

function entryKeyOf({ repository, ref }: QueueRef): string {
  return `${repository.toLowerCase()}@${ref}`;
}
