import { durationMs } from '../config/duration.ts';
import type { RepositoryConfig } from '../config/repository-config.ts';

/** Our own images, when they have to be built and pushed first. */
const ownImagesMs = 10 * 60_000;
/** Between the phases, and for the reports and files of the slowest suite. */
const slackMs = 5 * 60_000;

/** How long a run may take from its admission to its verdict: the sum of what its own time-outs allow. PURE. */
export function longestRunMs({ application, suites, limits }: RepositoryConfig): number {
  const slowest = (timeouts: string[]) => Math.max(0, ...timeouts.map(durationMs));
  return (
    Math.max(ownImagesMs, slowest(application.images.map((image) => image.timeout))) +
    // Once for the environment, once for the suites' pods to be warm.
    2 * durationMs(limits.timeout) +
    slowest(suites.map((suite) => suite.timeout)) +
    slackMs
  );
}
