import type { ChangeState } from '../event/decision.ts';
import type { ForgeEvent, QueueRef } from '../event/event.ts';
import type { Change, Forge, QueueEntry } from '../forge/forge.ts';
import { changeIdOf, queueEntryIdOf } from '../run/change-id.ts';
import type { Run } from '../run/run.ts';
import { runById } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { unlessRefused } from './unless-refused.ts';

/** Under what our rows know a change, or an entry of the merge queue. */
export interface SubjectKey {
  id: string;
  repository: string;
  /** Null for an entry. */
  number: number | null;
  /** Null for a change. */
  queueRef: string | null;
}

/** What a run validates, as the forge has it now. */
export interface Subject extends SubjectKey, ChangeState {
  baseSha: string;
}

/** What an event is about; `subject` is null where the forge shows it no more, or not to us. */
export interface Seen {
  /** Null where nothing is known to be meant, or a forge refuses to say: that ends nothing. */
  key: SubjectKey | null;
  subject: Subject | null;
}

const nothing: Seen = { key: null, subject: null };

/**
 * Looks at what an event is about.
 * @param believesRefusals a refusal means that the change is gone, or no longer ours to see: there is nothing to decide. Otherwise it
 *   is thrown, for a forge that says "not found" may find it a moment later
 */
export async function see(
  sources: { store: Store; forge: Forge },
  event: ForgeEvent,
  believesRefusals: boolean,
  signal: AbortSignal,
): Promise<Seen> {
  const look = () => lookAt(sources, event, signal);
  if (!believesRefusals) return await look();
  // The earlier attempts may have failed for another reason: one refusal alone is never believed.
  return (await unlessRefused(look(), null)) ?? (await unlessRefused(look(), nothing));
}

async function lookAt(
  { store, forge }: { store: Store; forge: Forge },
  event: ForgeEvent,
  signal: AbortSignal,
): Promise<Seen> {
  switch (event.kind) {
    case 'other':
    case 'image-announced':
    case 'repositories-changed':
      return nothing;
    case 'queue-entered':
    case 'queue-left': {
      const seen = await seeEntry(forge, event.entry, signal);
      return event.kind === 'queue-left' || seen.subject === null
        ? seen
        : asSeen({ ...seen.subject, baseSha: event.baseSha });
    }
    case 'action-requested':
      return await seeRun(forge, await runById(store, event.runId), event, signal);
    case 'rerun-requested':
      return event.change === null
        ? await seeHead(forge, event, signal)
        : asSeen(subjectOfChange(await forge.getChange(event.change, signal)));
    default:
      return asSeen(subjectOfChange(await forge.getChange(event.change, signal)));
  }
}

/** The entry as the queue has it; null when it is gone. It was made a moment ago: one look alone is never believed. */
export async function findEntry(forge: Forge, entry: QueueRef, signal: AbortSignal): Promise<QueueEntry | null> {
  const look = async () => {
    const queue = await forge.listQueue(entry.repository, signal);
    return queue.find(({ ref }) => ref === entry.ref) ?? null;
  };
  return (await look()) ?? (await look());
}

async function seeEntry(forge: Forge, entry: QueueRef, signal: AbortSignal): Promise<Seen> {
  const found = await findEntry(forge, entry, signal);
  return found === null
    ? { key: { ...keyless(entry), id: queueEntryIdOf(entry) }, subject: null }
    : asSeen(subjectOfEntry(found));
}

/** What a run of ours validates. Which run it was, somebody says who is not us: it must fit. */
async function seeRun(
  forge: Forge,
  run: Run | null,
  { repository, headSha }: { repository: string; headSha: string },
  signal: AbortSignal,
): Promise<Seen> {
  if (run === null || run.headSha !== headSha || run.repository.toLowerCase() !== repository.toLowerCase())
    return nothing;
  if (run.queueRef !== null) return await seeEntry(forge, { repository, ref: run.queueRef }, signal);
  if (run.change === null) return nothing;
  return asSeen(subjectOfChange(await forge.getChange({ repository, number: run.change }, signal)));
}

/** Whatever is open and has this head: a change, or else an entry of the merge queue. */
async function seeHead(
  forge: Forge,
  { repository, headSha }: { repository: string; headSha: string },
  signal: AbortSignal,
): Promise<Seen> {
  const isMeant = (one: { headSha: string }) => one.headSha === headSha;
  const change = (await forge.listOpenChanges(repository, signal)).find(isMeant);
  if (change) return asSeen(subjectOfChange(change));
  const entry = (await forge.listQueue(repository, signal)).find(isMeant);
  return entry ? asSeen(subjectOfEntry(entry)) : nothing;
}

function asSeen(subject: Subject): Seen {
  return { key: subject, subject };
}

export function subjectOfChange(change: Change): Subject {
  const { repository, number, open, draft, headSha, baseSha, baseRef, author, trusted } = change;
  const id = changeIdOf(repository, number);
  return { id, repository, number, queueRef: null, open, draft, headSha, baseSha, baseRef, author, trusted };
}

/** The queue took it from somebody who may write, to a branch of the base repository: it is trusted. */
function subjectOfEntry(entry: QueueEntry): Subject {
  const { headSha, baseSha, baseRef } = entry;
  const state = { open: true, draft: false, author: '', trusted: true };
  return { ...keyless(entry), id: queueEntryIdOf(entry), ...state, headSha, baseSha, baseRef };
}

function keyless({ repository, ref }: QueueRef) {
  return { repository, number: null, queueRef: ref };
}
