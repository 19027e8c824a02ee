import type { Mutant } from './mutant.ts';
import { ofEvents } from './of-events.ts';
import { ofReports } from './of-reports.ts';
import { ofRuns } from './of-runs.ts';
import { ofTeardowns } from './of-teardowns.ts';

/** Plausible slips in the core: the invariants must notice each of them. */
export const mutants: readonly Mutant[] = [...ofRuns, ...ofEvents, ...ofTeardowns, ...ofReports];
