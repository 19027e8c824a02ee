import { describe } from 'vitest';
import { describeAdmission } from '../../store/admission-behaviour.ts';
import { describeAftermath } from '../../store/aftermath-behaviour.ts';
import { describeKept } from '../../store/kept-behaviour.ts';
import { describeStore } from '../../store/store-behaviour.ts';
import type { OpenStage } from '../../store/store-stage.ts';
import { describeTeardown } from '../../store/teardown-behaviour.ts';
import { SimulatedDatabase } from './simulated-database.ts';

describe.each(['postgres', 'pglite'] as const)('the store for simulations, taken for %s', (engine) => {
  const open: OpenStage = async (clock) => (await new SimulatedDatabase().replica({ clock, engine })).store;
  describeStore(open);
  describeAftermath(open);
  describeAdmission(open);
  describeKept(open);
  describeTeardown(open);
});
