import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dice } from './dice.ts';
import type { Actor, Surroundings } from './surroundings.ts';
import type { Span } from './weather.ts';

/** How a child process ended, as its parent sees it. */
export type ChildEnd = { how: 'done' } | { how: 'failed'; why: string } | { how: 'killed' };

/** One operation of Pulumi in a process of its own. */
export interface Child {
  /** For the parent alone. */
  ended: Promise<ChildEnd>;
  /** As SIGINT: it begins no further step. */
  cancel(): void;
  /** As SIGKILL. */
  kill(): void;
}

/** What the work of a child is given. */
export interface ChildWork {
  actor: Actor;
  isCancelled: () => boolean;
  /** What its next request will do, in case that it is sent in the last moment; null: nothing. */
  about: (next: (() => void) | null) => void;
}

interface Living extends Child {
  parent: string;
}

/** A parent's heartbeat stops, and its children end their whole process group. */
const heartbeatMs: Span = [2_000, 10_000];

/** The child processes of all replicas. */
export class Children {
  readonly #around: Surroundings;
  readonly #dice: Dice;
  readonly #living = new Set<Living>();
  #number = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#dice = around.dice('children');
  }

  get count(): number {
    return this.#living.size;
  }

  /** From the parent. */
  start(parent: Actor, work: (child: ChildWork) => Promise<ChildEnd>): Child {
    const { clock } = this.#around;
    const name = `${parent.name}/${++this.#number}`;
    const ended = Promise.withResolvers<ChildEnd>();
    const asParent = AsyncLocalStorage.snapshot();
    let cancelled = false;
    let next: (() => void) | null = null;
    const end = (how: ChildEnd) => {
      if (!this.#living.delete(child)) return;
      clock.kill(name);
      asParent(() => clock.schedule(0, () => ended.resolve(how)));
    };
    const kill = () => {
      if (this.#living.has(child) && next !== null) this.#landLate(next);
      end({ how: 'killed' });
    };
    const child: Living = { parent: parent.name, ended: ended.promise, cancel: () => (cancelled = true), kill };
    this.#living.add(child);
    const given: ChildWork = {
      actor: { name, holder: parent.holder },
      isCancelled: () => cancelled,
      about: (what) => {
        next = what;
      },
    };
    // Whatever ends it is an event of the world, since nobody outlives its own end.
    const finish = (how: ChildEnd) => clock.as('world', () => clock.schedule(0, () => end(how)));
    clock.as(name, () =>
      clock.schedule(0, () => {
        work(given).then(finish, (error: unknown) => finish({ how: 'failed', why: String(error) }));
      }),
    );
    return child;
  }

  /** Whoever started them was killed or frozen: they end a little later, unless `isBack` says that it goes on by then. */
  orphan(parent: string, isBack: () => boolean): void {
    const { clock } = this.#around;
    for (const child of this.#living) {
      if (child.parent !== parent) continue;
      const end = () => {
        if (!isBack()) child.kill();
      };
      clock.as('world', () => clock.schedule(this.#dice.within(heartbeatMs), end));
    }
  }

  #landLate(next: () => void): void {
    const { clock, weather } = this.#around;
    const { landsLate, lateMs } = weather.provisioning;
    if (!this.#dice.chance(landsLate)) return;
    const delayMs = this.#dice.within(lateMs);
    clock.as('cluster', () => clock.schedule(delayMs, next));
  }
}
