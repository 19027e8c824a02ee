/** Somebody whose time can be stopped: a replica, a child process, the forge. */
export interface Owner {
  readonly name: string;
  state: 'live' | 'frozen' | 'dead';
  /** How far its wall clock was moved. */
  wallOffsetMs: number;
  /** What came due while it was frozen, in order. */
  held: Timer[];
}

/** One event to come. */
export interface Timer {
  dueMs: number;
  order: number;
  owner: Owner;
  /** Null once it fired, was cancelled or dropped. */
  fire: (() => void) | null;
  /** Lets go of what the timer holds when its owner is dead and it will never fire. */
  onDrop: (() => void) | undefined;
}

/** Below this many cancelled ones nobody cares. */
const fewCancelled = 256;

/** Timers by time, then by order of insertion. Cancelled ones stay until they are due or become the larger part. */
export class TimerHeap {
  #timers: Timer[] = [];
  #cancelled = 0;

  get size(): number {
    return this.#timers.length;
  }

  push(timer: Timer): void {
    const timers = this.#timers;
    let at = timers.length;
    timers.push(timer);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = timers[above] as Timer;
      if (!isBefore(timer, parent)) break;
      timers[at] = parent;
      at = above;
    }
    timers[at] = timer;
  }

  /** The next one that still is to fire. */
  peek(): Timer | undefined {
    while (this.#timers[0]?.fire === null) {
      this.#cancelled -= 1;
      this.#removeFirst();
    }
    return this.#timers[0];
  }

  pop(): Timer | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  cancel(timer: Timer): void {
    if (timer.fire === null) return;
    timer.fire = null;
    this.#cancelled += 1;
    if (this.#cancelled > fewCancelled && this.#cancelled * 2 > this.#timers.length)
      this.#keep(({ fire }) => fire !== null);
  }

  /** Removes all of one owner. */
  drop(owner: Owner): Timer[] {
    const dropped = this.#timers.filter((timer) => timer.owner === owner && timer.fire !== null);
    this.#keep((timer) => timer.owner !== owner && timer.fire !== null);
    return dropped;
  }

  #keep(wanted: (timer: Timer) => boolean): void {
    this.#timers = this.#timers.filter(wanted);
    this.#cancelled = 0;
    for (let at = (this.#timers.length >> 1) - 1; at >= 0; at--) this.#sink(at, this.#timers[at] as Timer);
  }

  #removeFirst(): void {
    const last = this.#timers.pop();
    if (last !== undefined && this.#timers.length > 0) this.#sink(0, last);
  }

  /** Puts `timer` at `at` or as far below as it belongs. */
  #sink(from: number, timer: Timer): void {
    const timers = this.#timers;
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= timers.length) break;
      const right = left + 1;
      const least = right < timers.length && isBefore(timers[right] as Timer, timers[left] as Timer) ? right : left;
      const child = timers[least] as Timer;
      if (!isBefore(child, timer)) break;
      timers[at] = child;
      at = least;
    }
    timers[at] = timer;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
