import { describe } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { describeAdmission } from './admission-behaviour.ts';
import { describeAftermath } from './aftermath-behaviour.ts';
import { openEmbeddedStore } from './embedded-store.ts';
import { describeKept } from './kept-behaviour.ts';
import { describeStore } from './store-behaviour.ts';
import type { OpenStage } from './store-stage.ts';
import { describeTeardown } from './teardown-behaviour.ts';

describe('the store on PGlite', () => {
  const open: OpenStage = (clock) => openEmbeddedStore({ log: silentLog(), clock });
  describeStore(open);
  describeAftermath(open);
  describeAdmission(open);
  describeKept(open);
  describeTeardown(open);
});
