import type { Log } from '../../../src/log.ts';
import { Children } from './children.ts';
import { type Replica, startReplica } from './replica.ts';
import type { Surroundings } from './surroundings.ts';

interface Berth {
  name: string;
  replica: Replica | null;
  /** Counts its starts. */
  starts: number;
  state: 'starting' | 'up' | 'draining' | 'down';
  isFrozen: boolean;
}

/** What is not over by then ends with the process. */
const drainMs = 25_000;

/** The replicas, over their deaths and starts. */
export class Fleet {
  readonly children: Children;
  readonly #around: Surroundings;
  readonly #log: (replica: string) => Log;
  readonly #berths: Map<string, Berth>;

  constructor(around: Surroundings, names: readonly string[], log: (replica: string) => Log) {
    this.#around = around;
    this.#log = log;
    this.children = new Children(around);
    this.#berths = new Map(
      names.map((name) => [name, { name, replica: null, starts: 0, state: 'down', isFrozen: false }]),
    );
  }

  /** To which a load balancer sends: a frozen one looks well for a while. */
  get listening(): Replica[] {
    return [...this.#berths.values()].flatMap(({ state, replica }) => (state === 'up' && replica ? [replica] : []));
  }

  get areAllUp(): boolean {
    return [...this.#berths.values()].every(({ state, isFrozen }) => state === 'up' && !isFrozen);
  }

  startAll(): void {
    for (const berth of this.#berths.values()) this.#start(berth);
  }

  kill(name: string, restartAfterMs: number): void {
    const berth = this.#berth(name);
    if (berth.state === 'down') return;
    const { clock } = this.#around;
    clock.kill(name);
    berth.replica?.die();
    berth.replica = null;
    berth.state = 'down';
    berth.isFrozen = false;
    this.children.orphan(name, () => false);
    this.#startAfter(berth, restartAfterMs);
  }

  freeze(name: string, forMs: number): void {
    const berth = this.#berth(name);
    if (berth.state === 'down' || berth.isFrozen) return;
    const { clock } = this.#around;
    clock.freeze(name);
    berth.isFrozen = true;
    const { starts } = berth;
    const isBack = () => berth.starts === starts && !berth.isFrozen;
    this.children.orphan(name, isBack);
    clock.as('world', () => clock.schedule(forMs, () => berth.starts === starts && this.#thaw(berth)));
  }

  drain(name: string, restartAfterMs: number): void {
    const berth = this.#berth(name);
    const { replica } = berth;
    if (berth.state !== 'up' || replica === null) return;
    const { clock } = this.#around;
    berth.state = 'draining';
    const { starts } = berth;
    const ended = () => {
      if (berth.starts !== starts || berth.state !== 'draining') return;
      clock.kill(name);
      replica.die();
      berth.replica = null;
      berth.state = 'down';
      this.children.orphan(name, () => false);
      this.#startAfter(berth, restartAfterMs);
    };
    const drain = () => {
      void replica.drain().then(() => clock.as('world', () => clock.schedule(0, ended)));
    };
    clock.as(name, () => clock.schedule(0, drain));
    clock.as('world', () => clock.schedule(drainMs, ended));
  }

  jumpClock(name: string, byMs: number): void {
    if (this.#berth(name).state !== 'down') this.#around.clock.jump(name, byMs);
  }

  /** Who is frozen goes on at once. */
  thawAll(): void {
    for (const berth of this.#berths.values()) if (berth.isFrozen) this.#thaw(berth);
  }

  #thaw(berth: Berth): void {
    if (!berth.isFrozen) return;
    berth.isFrozen = false;
    this.#around.clock.thaw(berth.name);
  }

  #startAfter(berth: Berth, delayMs: number): void {
    const { clock } = this.#around;
    clock.as('world', () => clock.schedule(delayMs, () => berth.state === 'down' && this.#start(berth)));
  }

  #start(berth: Berth): void {
    const { clock } = this.#around;
    const { name } = berth;
    berth.starts += 1;
    berth.state = 'starting';
    const { starts } = berth;
    const actor = { name, holder: `${name}.${starts}` };
    const begin = async () => {
      const replica = await startReplica({
        around: this.#around,
        actor,
        children: this.children,
        log: this.#log(name),
      });
      if (berth.starts !== starts || berth.state !== 'starting') return;
      berth.replica = replica;
      berth.state = 'up';
      this.#around.history.add(name, { kind: 'replica-up', holder: actor.holder });
    };
    // A database that is away keeps it from starting; whoever runs it tries again.
    const again = () => this.#around.clock.as('world', () => clock.schedule(0, () => this.kill(name, 2_000)));
    clock.as(name, () => clock.schedule(0, () => void begin().catch(again)));
  }

  #berth(name: string): Berth {
    const berth = this.#berths.get(name);
    if (berth === undefined) throw new Error(`there is no replica "${name}"`);
    return berth;
  }
}
