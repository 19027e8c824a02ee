import { describe } from 'vitest';
import { describeContract } from './contract/contract.ts';
import { standInWorld } from './stand-in-world.ts';

/** The same on a real Gitea: gitea-forge.slow.test.ts. */
describe("GitHub's stand-in keeps the forges' contract:", () => describeContract(standInWorld));
