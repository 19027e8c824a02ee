import type { Store } from '../../src/store/store.ts';
import { SimulatedDatabase } from '../simulator/store/simulated-database.ts';

/** The store where any will do: it opens in milliseconds, and answers as PGlite does (`test/simulator/store`). */
export async function openQuickStore(clock: () => Date = () => new Date()): Promise<Store> {
  return (await new SimulatedDatabase().replica({ clock, engine: 'pglite' })).store;
}
