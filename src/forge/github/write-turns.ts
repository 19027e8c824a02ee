import { RunError } from '../../errors.ts';
import type { MayBegin } from '../forge.ts';
import { type Pace, takeFromBucket } from './write-pace.ts';

/**
 * Who goes first where several want to write: the last word on a commit, then what a person waits for, then what a newer
 * state will say again. Only the last does not wait for the end of a pause that GitHub asked for.
 */
export type Urgency = 'conclusion' | 'answer' | 'progress';

const order: readonly Urgency[] = ['conclusion', 'answer', 'progress'];

export interface Wanted {
  kind: 'write' | 'creation';
  urgency: Urgency;
  signal: AbortSignal;
  mayBegin?: MayBegin | undefined;
}

/** Whoever does not know by then whether it may write gives its turn on. */
const mayBeginWithinMs = 5000;

interface Waiting extends Wanted {
  begin: () => void;
}

/** The writes of one installation: one after the other as GitHub asks, at its pace, the most urgent first. */
export class WriteTurns {
  readonly #pace: Pace;
  readonly #now: () => number;
  readonly #waiting: Waiting[] = [];
  #writesFullAt = 0;
  #creationsFullAt = 0;
  #heldUntil = 0;
  #isWriting = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(pace: Pace, now: () => number) {
    this.#pace = pace;
    this.#now = now;
  }

  /** Until then GitHub wants to be left alone (milliseconds since 1970). */
  get heldUntil(): number {
    return this.#heldUntil;
  }

  hold(until: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, until);
  }

  /** Runs `work` when its turn has come and it may begin, and nothing else until it ends. Rejects with the signal's reason. */
  async run<T>(wanted: Wanted, work: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.#turn(wanted);
      try {
        if (wanted.mayBegin) await inTime(wanted.mayBegin());
        // While it looked, somebody who reads may have met a limit.
        if (this.#heldFor(wanted, this.#now()) <= 0) return await work();
      } finally {
        this.#isWriting = false;
        this.#grant();
      }
    }
  }

  #turn(wanted: Wanted): Promise<void> {
    const { signal } = wanted;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
        this.#grant();
      };
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiting: Waiting = { ...wanted, begin };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#grant();
    });
  }

  /** Gives the next turn, or sleeps until one may be given. */
  #grant(): void {
    // Somebody came, or left: how long to sleep is found out anew.
    clearTimeout(this.#timer);
    if (this.#isWriting || this.#waiting.length === 0) return;
    const now = this.#now();
    const waits = this.#waiting.map((one) => ({ one, waitMs: this.#waitOf(one, now) }));
    const [next] = waits.filter(({ waitMs }) => waitMs <= 0).sort(byUrgency);
    if (next === undefined) {
      this.#timer = setTimeout(() => this.#grant(), Math.ceil(Math.min(...waits.map(({ waitMs }) => waitMs))));
      return;
    }
    this.#waiting.splice(this.#waiting.indexOf(next.one), 1);
    this.#take(next.one.kind, now);
    this.#isWriting = true;
    next.one.begin();
  }

  #waitOf({ kind, urgency }: Wanted, now: number): number {
    const { writes, creations } = this.#pace;
    const write = takeFromBucket(writes, this.#writesFullAt, now).waitMs;
    const creation = kind === 'creation' ? takeFromBucket(creations, this.#creationsFullAt, now).waitMs : 0;
    return Math.max(write, creation, this.#heldFor({ urgency }, now));
  }

  /** Progress gets its turn in a pause as well: to be told that there is one. */
  #heldFor({ urgency }: Pick<Wanted, 'urgency'>, now: number): number {
    return urgency === 'progress' ? 0 : this.#heldUntil - now;
  }

  #take(kind: Wanted['kind'], now: number): void {
    this.#writesFullAt = takeFromBucket(this.#pace.writes, this.#writesFullAt, now).fullAt;
    if (kind === 'creation')
      this.#creationsFullAt = takeFromBucket(this.#pace.creations, this.#creationsFullAt, now).fullAt;
  }
}

async function inTime(looking: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    const late = new RunError('looking whether there is still something to say', {
      code: 'FORGE_UNREACHABLE',
      remedy: 'retry',
    });
    timer = setTimeout(() => reject(late), mayBeginWithinMs);
  });
  await Promise.race([looking, tooLate]).finally(() => clearTimeout(timer));
}

/** Those of the same urgency in the order in which they came: sorting keeps it. */
function byUrgency(one: { one: Wanted }, other: { one: Wanted }): number {
  return order.indexOf(one.one.urgency) - order.indexOf(other.one.urgency);
}
