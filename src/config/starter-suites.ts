import type { RepositoryConfig, SuiteConfig } from './repository-config.ts';

/** A suite's path that begins so is one of Greenroom's own starters: the rest is a path in `scenarios/`, not in the repository. */
export const starterPathPrefix = 'greenroom:';

export function isStarter(suite: SuiteConfig): boolean {
  return suite.path.startsWith(starterPathPrefix);
}

/** What is asked of an application whose `greenroom.yaml` names no suites (DESIGN, `scenarios/`). */
export function starterSuites(): SuiteConfig[] {
  const common = { timeout: '10m', retries: 0, shards: 1, env: {}, disturbs: [] };
  return [
    { ...common, name: 'smoke', kind: 'smoke', path: `${starterPathPrefix}smoke/smoke.yaml`, required: true },
    { ...common, name: 'e2e', kind: 'e2e', path: `${starterPathPrefix}e2e`, required: true, retries: 1 },
    // Thresholds that nobody chose for this application inform; they do not gate.
    {
      ...common,
      name: 'load',
      kind: 'load',
      path: `${starterPathPrefix}load/browse.ts`,
      required: false,
      disturbs: ['load'],
    },
  ];
}

/** The suites of a configuration, the starters where it names none. */
export function suitesOf(config: RepositoryConfig): SuiteConfig[] {
  return config.suites.length > 0 ? config.suites : starterSuites();
}
