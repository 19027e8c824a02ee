import { collectSuites } from './collect-suites.ts';
import { type PrepareSuitesInput, prepareSuites } from './prepare-suites.ts';
import { groupsOf, releaseSuites } from './release-suites.ts';
import type { SuiteResult } from './suite-result.ts';

export interface RunSuitesInput extends PrepareSuitesInput {
  artifactsDir: string;
  now: () => Date;
  /** Suites that declare `disturbs` run beside the others, and both say so, or after them. Default `recorded`. */
  disturbance?: 'recorded' | 'kept-apart';
}

/**
 * All suites of a run, from waiting pods to results, in the order given: files in, one `go`, progress, files out. A red test
 * is data. Never rejects: what cannot be told is a result with its failure. Aborting the signal interrupts the suites, which
 * are then `cancelled` with what they had. To bring files in while the environment comes up call the three steps yourself:
 * `prepareSuites`, `releaseSuites`, `collectSuites`.
 */
export async function runSuites(input: RunSuitesInput): Promise<SuiteResult[]> {
  const prepared = await prepareSuites(input);
  const results: SuiteResult[] = [];
  for (const group of groupsOf(prepared, input.disturbance ?? 'recorded')) {
    const released = await releaseSuites(group, input.now);
    results.push(...(await collectSuites({ ...input, released })));
  }
  const order = new Map(input.suites.map((suite, index) => [suite.config.name, index]));
  return results.toSorted((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
}
