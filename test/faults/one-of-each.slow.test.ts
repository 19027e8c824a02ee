import { afterAll, describe } from 'vitest';
import { FaultCluster } from './fault-cluster.ts';

/**
 * What `npm test` plays of the real faults: one of each kind, one after the other in one file, so that the other worker goes on
 * with other tests. `npm run test:faults` plays every variant, each file alone.
 */
/** Nobody else uses their cluster: it would only keep a processor from the tests after it. */
afterAll(() => FaultCluster.remove());

describe.each([
  ['replicas', () => import('./replicas.fault.test.ts')],
  ['parts of the cluster', () => import('./cluster-part.fault.test.ts')],
  ['tools', () => import('./tool-killed.fault.test.ts')],
  ['rules of the network', () => import('./policies.fault.test.ts')],
] as const)('%s', { timeout: 1_200_000 }, async (_, load) => {
  await load();
});
