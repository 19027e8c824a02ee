import type { ChangeRef, QueueRef } from '../../../src/event/event.ts';
import type { HistoryEntry } from '../world/history.ts';
import type { Entry } from './invariant.ts';

/** Of a change, or of an entry of the merge queue. */
type Moved = Pick<Entry<'change-moved' | 'queue-moved'>, 'atMs' | 'headSha' | 'open'>;
type Subject = { repository: string; number: number | null; queueRef: string | null };

/** After this long every replica that was struck is replaced, and what it held is free. */
const recoveryMs = 60_000;

/** What the history has told so far, as the invariants ask for it. */
export class Known {
  /** As it was committed last. */
  readonly runs = new Map<string, Entry<'run-row'>>();
  readonly teardowns = new Map<string, Entry<'teardown-row'>>();
  /** By UID, those that stand. */
  readonly standing = new Map<string, Entry<'namespace-created'>>();
  /** Runs whose receipt said gone, and was taken back. */
  readonly reopened = new Set<string>();
  readonly #moves = new Map<string, Moved[]>();
  readonly #troubles: { whom: string; fromMs: number; toMs: number }[] = [];
  /** By replica, the last time. */
  readonly #storeFailed = new Map<string, number>();

  see(entry: HistoryEntry): void {
    switch (entry.kind) {
      case 'run-row':
        this.runs.set(entry.runId, entry);
        break;
      case 'teardown-row': {
        const wasGone = this.teardowns.get(entry.runId)?.state === 'gone';
        if (wasGone && entry.state !== 'gone') this.reopened.add(entry.runId);
        this.teardowns.set(entry.runId, entry);
        break;
      }
      case 'namespace-created':
        this.standing.set(entry.uid, entry);
        break;
      case 'namespace-gone':
        this.standing.delete(entry.uid);
        break;
      case 'change-moved':
        this.#move(keyOf(entry.change), entry);
        break;
      case 'queue-moved':
        this.#move(entryKeyOf(entry.entry), entry);
        break;
      case 'struck':
        this.#troubles.push({
          whom: entry.whom,
          fromMs: entry.atMs,
          toMs: entry.atMs + (entry.forMs ?? 0) + recoveryMs,
        });
        break;
      case 'store-failed':
        this.#storeFailed.set(entry.replica, entry.atMs);
        break;
      default:
        break;
    }
  }

  /** How the forge has a change now. */
  changeOf(run: Subject): Moved | undefined {
    return this.#movesOf(run).at(-1);
  }

  /** Since when the forge has it otherwise: closed, or with another head; null while the run is wanted. */
  unwantedSince(run: Subject & { headSha: string }): number | null {
    let since: number | null = null;
    for (const move of this.#movesOf(run).toReversed()) {
      if (move.open && move.headSha === run.headSha) return since;
      since = move.atMs;
    }
    return since;
  }

  standingOf(runId: string): Entry<'namespace-created'>[] {
    return [...this.standing.values()].filter((namespace) => namespace.runId === runId);
  }

  /** How much of this time nobody was struck, nor still recovering from it. */
  calmMs(fromMs: number, toMs: number): number {
    let calm = 0;
    let at = fromMs;
    const troubles = this.#troublesWithin(fromMs, toMs).sort((one, other) => one.fromMs - other.fromMs);
    for (const trouble of troubles) {
      calm += Math.max(0, trouble.fromMs - at);
      at = Math.max(at, trouble.toMs);
    }
    return calm + Math.max(0, toMs - at);
  }

  /** Whether a replica and its database were well all this time, as far as the weather goes. */
  wasWell(replica: string, fromMs: number, toMs: number): boolean {
    if ((this.#storeFailed.get(replica) ?? -1) >= fromMs) return false;
    return !this.#troublesWithin(fromMs, toMs).some(({ whom }) => whom === replica || whom === 'database');
  }

  #troublesWithin(fromMs: number, toMs: number) {
    return this.#troubles.filter((trouble) => trouble.toMs > fromMs && trouble.fromMs < toMs);
  }

  #move(key: string, entry: Moved): void {
    this.#moves.set(key, [...(this.#moves.get(key) ?? []), entry]);
  }

  #movesOf({ repository, number, queueRef }: Subject): readonly Moved[] {
    if (queueRef !== null) return this.#moves.get(entryKeyOf({ repository, ref: queueRef })) ?? [];
    return number === null ? [] : (this.#moves.get(keyOf({ repository, number })) ?? []);
  }
}

/** A replica holds what it holds under a name of its own for each of its starts. */
export function replicaOf(holder: string): string {
  return holder.split('.', 1)[0] ?? holder;
}

export function keyOf({ repository, number }: ChangeRef): string {
  return `${repository}#${number}`;
}

export function entryKeyOf({ repository, ref }: QueueRef): string {
  return `${repository}@${ref}`;
}
