import type { SuitePodSpec } from '../../infra/environment-spec.ts';
import { durationMs } from '../config/duration.ts';
import type { SuiteConfig } from '../config/repository-config.ts';
import type { PlannedSuite } from './planned-suite.ts';
import { noPackages, type SuitePackages } from './suite-packages.ts';

export interface PlanSuitesInput {
  suites: SuiteConfig[];
  /** Names of the suites whose files the change edits. */
  modified: ReadonlySet<string>;
  /** Runner images by digest; `own` maps what `suites[].image` says to its digest. */
  images: { runner: string; browser: string; own: Readonly<Record<string, string>> };
  runId: string;
  /** `host:port` pairs that the suites may reach beside the application. */
  egress: string[];
  /** What `planPackages` found, by suite; none when absent. */
  packages?: ReadonlyMap<string, SuitePackages>;
}

interface Size {
  cpu: string;
  memory: string;
  memoryLimit: string;
}

/** Measured needs: a Playwright process, a worker and Chromium come to about 1 GiB; k6 to a few MiB per VU. */
const sizes: Record<SuiteConfig['kind'], Size> = {
  smoke: { cpu: '50m', memory: '128Mi', memoryLimit: '256Mi' },
  e2e: { cpu: '250m', memory: '1Gi', memoryLimit: '2Gi' },
  load: { cpu: '250m', memory: '256Mi', memoryLimit: '1Gi' },
};
/** Provisioning, warming up and fetching the files all happen while the Job's own clock runs. */
const slackSeconds = 3600;

/** PURE. The pods of a run's suites. CPU is not limited: a throttled generator measures itself. */
export function planSuites(input: PlanSuitesInput): PlannedSuite[] {
  return input.suites.map((config) => {
    const timeoutMs = durationMs(config.timeout);
    const packages = input.packages?.get(config.name) ?? noPackages;
    const pod = podOf(config, timeoutMs, packages, input);
    return { config, modified: input.modified.has(config.name), timeoutMs, packages, pod };
  });
}

function podOf(
  config: SuiteConfig,
  timeoutMs: number,
  { install }: SuitePackages,
  input: PlanSuitesInput,
): SuitePodSpec {
  const size = sizes[config.kind];
  const ownMemory = config.resources?.memory;
  return {
    name: config.name,
    kind: config.kind,
    image: imageOf(config, input),
    shards: config.shards,
    env: {
      SUITE_NAME: config.name,
      SUITE_KIND: config.kind,
      SUITE_SHARDS: String(config.shards),
      GREENROOM_RUN: input.runId,
    },
    resources: {
      requests: { cpu: config.resources?.cpu ?? size.cpu, memory: ownMemory ?? size.memory },
      limits: { memory: ownMemory ?? size.memoryLimit },
    },
    // An install has the suite's time once more, before `go`.
    deadlineSeconds: Math.ceil(((install ? 2 : 1) * timeoutMs) / 1000) + slackSeconds,
    egress: input.egress,
    ...(install ? { packagesFrom: install.proxy.egress } : {}),
  };
}

function imageOf(config: SuiteConfig, { images }: PlanSuitesInput): string {
  if (config.image) return images.own[config.image] ?? config.image;
  return config.kind === 'e2e' ? images.browser : images.runner;
}
