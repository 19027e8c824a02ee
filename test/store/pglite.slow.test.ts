import { describe } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { describeAdmission } from './admission-behaviour.ts';
import { describeAftermath } from './aftermath-behaviour.ts';
import { describeKept } from './kept-behaviour.ts';
import { describeStore } from './store-behaviour.ts';
import type { OpenStage } from './store-stage.ts';
import { describeTeardown } from './teardown-behaviour.ts';

describe('the store on PGlite', () => {
  const open: OpenStage = (clock) => openStore({ memory: true }, { log: silentLog(), clock });
  describeStore(open);
  describeAftermath(open);
  describeAdmission(open);
  describeKept(open);
  describeTeardown(open);
});
