import { AsyncLocalStorage } from 'node:async_hooks';
import { type Owner, type Timer, TimerHeap } from './timer-heap.ts';

export interface Happened {
  atMs: number;
  owner: string;
}

export interface RunOptions {
  /** Stops before what comes later, with the clock at this instant. */
  untilMs?: number;
  mostEvents?: number;
  /** Called when everything that an event led to is over; what it throws ends the run. */
  afterEach?: (event: Happened) => void;
}

export interface RunEnd {
  /** `idle`: nothing is to come, except for who is frozen. */
  reason: 'idle' | 'horizon' | 'most-events';
  events: number;
}

/** 2026 began. */
const defaultStartMs = Date.UTC(2026, 0, 1);
/** Real immediates per turn of the real event loop. */
const batch = 512;
const realImmediate = setImmediate;

/**
 * Time that passes only from one event to the next, for owners whose time can be stopped: the real asynchronous code
 * on it (see `takeOver`) does the same for the same seed, always, and hours of it take seconds.
 *
 * An event is one timer's call and every microtask and `nextTick` that follows from it. Node empties those queues
 * between two immediates of a batch, which costs some 0.2 µs and leaves nothing behind, however deep the chain.
 * `@sinonjs/fake-timers` 15.5 takes 13 to 30 µs an event, leaves chance alone and knows no owners: so this one is ours.
 *
 * A callback runs as its owner; other `AsyncLocalStorage`s are empty in it, since to keep them would take 3 µs.
 * Nothing real may be awaited meanwhile (files, sockets, threads, a dynamic import of a new module): the clock would go
 * on without it. And whoever awaits something of the simulation must let the clock run meanwhile.
 */
export class VirtualClock {
  readonly #startMs: number;
  readonly #current = new AsyncLocalStorage<Owner>();
  readonly #owners = new Map<string, Owner>();
  readonly #timers = new TimerHeap();
  #nowMs = 0;
  #order = 0;
  #running = false;

  constructor({ startMs = defaultStartMs }: { startMs?: number } = {}) {
    this.#startMs = startMs;
  }

  /** Since the clock began; never goes back, the same for all. What `performance.now()` says. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** What a wall clock says: the current owner's, or that of `name`. */
  wallMs(name?: string): number {
    const owner = name === undefined ? this.#owner() : this.#named(name);
    return this.#startMs + this.#nowMs + owner.wallOffsetMs;
  }

  /** How many events are to come. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Who acts now; `world` outside of any `as`. */
  get owner(): string {
    return this.#owner().name;
  }

  /** Whether who acts now was killed: its code goes on to its next await, and a simulated outside must not hear it. */
  get isDead(): boolean {
    return this.#owner().state === 'dead';
  }

  /** All that `work` does and leads to belongs to `name`. After a `kill`, the same name is somebody new. */
  as<T>(name: string, work: () => T): T {
    return this.#current.run(this.#named(name), work);
  }

  /**
   * A request to somebody else: `work` is theirs, and goes on whatever becomes of the caller; the answer is an event of
   * the caller, so that a frozen one gets it late and a dead one never. Who is frozen or dead does not even ask.
   */
  async call<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    await this.gate();
    const caller = this.#owner();
    return await new Promise<T>((resolve, reject) => {
      const answer = (settle: () => void) => this.#schedule(caller, 0, settle);
      this.as(name, async () => work()).then(
        (value) => answer(() => resolve(value)),
        (error: unknown) => answer(() => reject(error)),
      );
    });
  }

  /** Nothing to wait for when who acts now is live; a promise that waits for the thaw, or for ever, when not. */
  gate(): Promise<void> | undefined {
    const owner = this.#owner();
    if (owner.state === 'live') return undefined;
    return new Promise((resolve) => this.#schedule(owner, 0, resolve));
  }

  /** As `kill -9`: nothing of it ever goes on. */
  kill(name: string): void {
    const owner = this.#owners.get(name);
    if (owner === undefined) return;
    this.#owners.delete(name);
    owner.state = 'dead';
    for (const timer of [...this.#timers.drop(owner), ...owner.held]) {
      timer.fire = null;
      timer.onDrop?.();
    }
    owner.held = [];
  }

  /** As SIGSTOP: what comes due for it waits. Clocks go on. */
  freeze(name: string): void {
    this.#named(name).state = 'frozen';
  }

  /** As SIGCONT: what waited happens now, in its order. */
  thaw(name: string): void {
    const owner = this.#named(name);
    owner.state = 'live';
    const { held } = owner;
    owner.held = [];
    for (const timer of held) this.#insert(timer, Math.max(timer.dueMs, this.#nowMs));
  }

  /** Moves the wall clock of one owner; no timer and no `performance.now()` notices. */
  jump(name: string, byMs: number): void {
    this.#named(name).wallOffsetMs += byMs;
  }

  /** An event of who acts now, `delayMs` from now; of the dead, never. */
  schedule(delayMs: number, fire: () => void, onDrop?: () => void): Timer {
    return this.#schedule(this.#owner(), delayMs, fire, onDrop);
  }

  cancel(timer: Timer): void {
    // A held one is no longer in the heap.
    if (timer.owner.held.includes(timer)) timer.fire = null;
    else this.#timers.cancel(timer);
  }

  /** Does `settle` for a timer's owner: now, or when it is thawed. For what others do to its timers. */
  settleFor({ owner }: Timer, settle: () => void): void {
    if (owner.state === 'live') settle();
    else this.#schedule(owner, 0, settle);
  }

  /** Lets time pass until nothing is to come, or until an end that `options` sets. Never two at once. */
  async run(options: RunOptions = {}): Promise<RunEnd> {
    if (this.#running) throw new Error('the clock runs already');
    this.#running = true;
    try {
      return await new Promise((resolve, reject) => this.#pump(options, resolve, reject));
    } finally {
      this.#running = false;
    }
  }

  #pump(options: RunOptions, resolve: (end: RunEnd) => void, reject: (error: unknown) => void): void {
    const { untilMs = Number.POSITIVE_INFINITY, mostEvents = Number.POSITIVE_INFINITY, afterEach } = options;
    let over = false;
    let events = 0;
    let last: Timer | undefined;
    const end = (reason: RunEnd['reason']) => {
      over = true;
      resolve({ reason, events });
    };
    // By now everything that the event before led to is over.
    const step = () => {
      if (last !== undefined) afterEach?.({ atMs: last.dueMs, owner: last.owner.name });
      last = undefined;
      const next = this.#next();
      if (next === undefined) return end('idle');
      if (next.dueMs > untilMs) {
        this.#nowMs = untilMs;
        return end('horizon');
      }
      if (events === mostEvents) return end('most-events');
      events += 1;
      this.#timers.pop();
      last = next;
      this.#fire(next);
    };
    const guarded = () => {
      if (over) return;
      try {
        step();
      } catch (error) {
        over = true;
        reject(error);
      }
    };
    const more = () => {
      guarded();
      if (!over) turn();
    };
    const turn = () => {
      for (let index = 1; index < batch; index++) realImmediate(guarded);
      realImmediate(more);
    };
    turn();
  }

  /** The next event of somebody who is not frozen; it stays where it is. */
  #next(): Timer | undefined {
    for (;;) {
      const next = this.#timers.peek();
      if (next?.owner.state !== 'frozen') return next;
      this.#timers.pop();
      next.owner.held.push(next);
    }
  }

  #fire(timer: Timer): void {
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    const { fire } = timer;
    timer.fire = null;
    if (fire !== null) this.#current.run(timer.owner, fire);
  }

  #schedule(owner: Owner, delayMs: number, fire: () => void, onDrop?: () => void): Timer {
    const timer: Timer = { dueMs: 0, order: 0, owner, fire, onDrop };
    if (owner.state === 'dead') timer.fire = null;
    else this.#insert(timer, this.#nowMs + delayMs);
    return timer;
  }

  #insert(timer: Timer, dueMs: number): void {
    timer.dueMs = dueMs;
    timer.order = this.#order++;
    if (timer.fire !== null) this.#timers.push(timer);
  }

  #owner(): Owner {
    return this.#current.getStore() ?? this.#named('world');
  }

  #named(name: string): Owner {
    const known = this.#owners.get(name);
    if (known !== undefined) return known;
    const owner: Owner = { name, state: 'live', wallOffsetMs: 0, held: [] };
    this.#owners.set(name, owner);
    return owner;
  }
}
