import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../errors.ts';
import type { Fact } from '../run/fact.ts';
import type { Run } from '../run/run.ts';
import { transition } from '../run/transition.ts';
import type { Hold } from '../store/leases.ts';
import { saveRun } from '../store/save-run.ts';
import type { Store, Tx } from '../store/store.ts';
import { leaseLost } from './lease.ts';

/** A fact without its instant: the recorder adds it. */
type Untimed<F> = F extends unknown ? Omit<F, 'at'> : never;
export type NewFact = Untimed<Fact>;

/** How long progress may wait for its row; every other fact is saved before the player goes on. */
const progressEveryMs = 500;
/** Together as long as a lease lasts: after that, another owner may have the run. */
const savePausesMs = [250, 750, 2_000, 4_000, 8_000];

export interface RecorderOptions {
  store: Store;
  run: Run;
  hold: Hold;
  now: () => Date;
  /** After each fact, with the run as it stands. Must not throw. */
  onUpdate: (run: Run) => void;
}

/** The one hand that writes a run while it is played: facts in, rows out, in order and under the fence. */
export class Recorder {
  readonly #options: RecorderOptions;
  #run: Run;
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#run = options.run;
  }

  get run(): Run {
    return this.#run;
  }

  /**
   * Saved when this resolves, and in the same transaction what belongs to it.
   * @throws RunError LEASE_LOST when another owner plays the run: stop at once
   */
  async tell(fact: NewFact, also?: (tx: Tx) => Promise<void>): Promise<void> {
    this.#apply(fact);
    await this.flush(also);
  }

  /** For facts that come many a second: saved soon, and with the next `tell` at the latest. */
  mention(fact: NewFact): void {
    this.#apply(fact);
    this.#timer ??= setTimeout(() => {
      // What cannot be saved now is saved with the next fact: a row holds the whole run.
      this.flush().catch(() => undefined);
    }, progressEveryMs);
  }

  async flush(also?: (tx: Tx) => Promise<void>): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const run = this.#run;
    const saved = this.#saving.then(() => this.#save(run, also));
    this.#saving = saved.catch(() => undefined);
    await saved;
  }

  #apply(fact: NewFact): void {
    this.#run = transition(this.#run, { ...fact, at: this.#options.now().toISOString() } as Fact);
    this.#options.onUpdate(this.#run);
  }

  /** A store that is away for a moment costs no run: whether it is still ours, its fence says. */
  async #save(run: Run, also: ((tx: Tx) => Promise<void>) | undefined): Promise<void> {
    const { store, hold } = this.#options;
    const save = async (tx: Tx): Promise<boolean> => {
      if ((await saveRun(tx, run, hold)) === null) return false;
      await also?.(tx);
      return true;
    };
    for (const pauseMs of [...savePausesMs, null]) {
      try {
        if (!(await store.transaction(save))) throw leaseLost(hold);
        return;
      } catch (error) {
        if (pauseMs === null || (error instanceof RunError && error.code === 'LEASE_LOST')) throw error;
        await sleep(pauseMs);
      }
    }
  }
}
