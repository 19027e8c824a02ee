import { describe } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { describeStore } from './store-behaviour.ts';

describe('the store on PGlite', () => {
  describeStore((clock) => openStore({ memory: true }, { log: silentLog(), clock }));
});
