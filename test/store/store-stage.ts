import { afterAll, beforeAll, test } from 'vitest';
import type { Delivery } from '../../src/event/event.ts';
import { createRun } from '../../src/store/create-run.ts';
import { claimRun } from '../../src/store/leases.ts';
import { saveRun } from '../../src/store/save-run.ts';
import type { Store, Tx } from '../../src/store/store.ts';
import { wantedRun } from './sample-run.ts';

export const start = Date.parse('2026-01-01T00:00:00.000Z');

export type OpenStage = (clock: () => Date) => Promise<Store>;

/** A store with a clock that tests move; each test starts with empty tables. */
export class StoreStage {
  now = start;
  readonly #open: OpenStage;
  #store: Store | undefined;

  constructor(open: OpenStage) {
    this.#open = open;
    beforeAll(async () => {
      this.#store = await this.#open(() => new Date(this.now));
    });
    afterAll(async () => {
      await this.#store?.close();
    });
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error('the store is opened before the first test');
    return this.#store;
  }

  readonly behaves = (title: string, body: () => Promise<void>): void => {
    test(title, async () => {
      await this.#empty();
      await body();
    });
  };

  readonly advance = (ms: number): void => {
    this.now += ms;
  };

  readonly write = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => this.store.transaction(work);

  readonly delivery = (id: string): Delivery => ({
    id,
    forge: 'github',
    name: 'ping',
    receivedAt: new Date(this.now).toISOString(),
    event: { kind: 'other', name: 'ping', why: 'not for us' },
  });

  readonly claimed = async (runId: string, owner = 'a') => {
    const claim = await this.write((tx) => claimRun(tx, runId, owner));
    if (claim === null) throw new Error(`nobody could claim ${runId}`);
    return claim;
  };

  readonly created = (id: string, over = {}) => this.write((tx) => createRun(tx, wantedRun(id, over)));

  readonly finished = async (id: string, over = {}) => {
    await this.created(id, over);
    const { run, hold } = await this.claimed(id);
    return this.write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
  };

  async #empty(): Promise<void> {
    this.now = start;
    for (const table of ['deliveries', 'comments', 'checks', 'approvals', 'runs', 'changes'] as const) {
      await this.store.db.deleteFrom(table).execute();
    }
  }
}
