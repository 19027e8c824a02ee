import { quantityOf } from '../../infra/quantity.ts';
import { durationMs } from '../config/duration.ts';
import type { RepositoryConfig } from '../config/repository-config.ts';

/** What strangers get at most, whatever the base branch grants its own people. */
const most = { cpu: '2', memory: '2Gi', ttl: '1h' };

/** The base's configuration with the limits that a change from a fork gets. PURE. */
export function restrictedConfig(config: RepositoryConfig): RepositoryConfig {
  const { limits } = config;
  return {
    ...config,
    limits: {
      ...limits,
      cpu: lesser(limits.cpu, most.cpu, quantityOf),
      memory: lesser(limits.memory, most.memory, quantityOf),
      ttl: lesser(limits.ttl, most.ttl, durationMs),
    },
  };
}

/** Why a fork cannot be tested by a configuration that builds from its files; null where it does not. PURE. */
export function buildRefused({ application }: RepositoryConfig): { message: string; remedy: string } | null {
  const built = application.images.filter((image) => image.from === 'build').map((image) => `"${image.name}"`);
  if (built.length === 0) return null;
  return {
    message: `the base branch has ${built.join(', ')} built from the change's own files, and nothing of a fork is built`,
    remedy:
      'Push the branch to the repository itself; or have the base branch say "from: wait" and let its CI push the images of forks.',
  };
}

function lesser(wanted: string, ceiling: string, amountOf: (text: string) => number): string {
  return amountOf(wanted) <= amountOf(ceiling) ? wanted : ceiling;
}
