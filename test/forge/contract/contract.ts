import { afterAll, beforeAll } from 'vitest';
import type { ForgeWorld } from '../forge-world.ts';
import { describeChanges } from './changes.ts';
import { describeChecks } from './checks.ts';
import { describeComments } from './comments.ts';
import { type ContractStage, openStage } from './contract-stage.ts';
import { describeDeliveries } from './deliveries.ts';
import { describeFiles } from './files.ts';
import { describeJourney } from './journey.ts';

/** What the forges have in common, asked and seen through the port. What only one of them has is in that one's own tests. */
export function describeContract(startWorld: () => Promise<ForgeWorld>): void {
  let stage: ContractStage;
  beforeAll(async () => {
    stage = await openStage(startWorld);
  });
  afterAll(async () => {
    stage?.world.assertClean();
    await stage?.stop();
  });

  describeDeliveries(() => stage);
  describeChanges(() => stage);
  describeFiles(() => stage);
  describeChecks(() => stage);
  describeComments(() => stage);
  describeJourney(() => stage);
}
