import { z } from 'zod';
import { FailureClass, SuiteResult, VerdictWord } from '../suites/suite-result.ts';

/** Phases of a run, in order (DESIGN, "State"). */
export const Phase = z.enum(['queued', 'image', 'provisioning', 'testing', 'reporting', 'teardown', 'done']);
export type Phase = z.infer<typeof Phase>;

export const Failure = z.object({
  class: FailureClass,
  /** SCREAMING_SNAKE, listed in docs/error-codes.md. */
  code: z.string(),
  message: z.string(),
  /** One sentence for the human who can act. */
  remedy: z.string(),
  evidence: z.array(z.string()),
});
export type Failure = z.infer<typeof Failure>;

export const PhaseRecord = z.object({
  name: Phase,
  status: z.enum(['pending', 'running', 'passed', 'failed', 'errored', 'cancelled', 'skipped']),
  startedAt: z.iso.datetime().nullable(),
  durationMs: z.number().nullable(),
});
export type PhaseRecord = z.infer<typeof PhaseRecord>;

export const TeardownRecord = z.object({
  status: z.enum(['pending', 'gone', 'blocked', 'kept']),
  durationMs: z.number().nullable(),
  resources: z.object({ created: z.number().int(), gone: z.number().int() }),
  /** One line each: the object, its finalizer or condition. */
  blockedBy: z.array(z.string()),
  /** One line each: volumes that outlive the environment. */
  volumesLeft: z.array(z.string()).optional(),
  /** One line each: objects that an operator had stripped of their finalizers. */
  strippedFinalizers: z.array(z.string()).optional(),
  /** Where it is kept: until when, and the operator's longest life of an environment where that made it shorter than was asked. */
  kept: z.object({ until: z.iso.datetime(), longestMs: z.number().nullable() }).optional(),
});
export type TeardownRecord = z.infer<typeof TeardownRecord>;

export const Environment = z.object({
  namespace: z.string(),
  /** Where people reach it; without a preview domain, where the suites do, inside the cluster. */
  url: z.string().nullable(),
});
export type Environment = z.infer<typeof Environment>;

/** Whether the cluster enforces the NetworkPolicies that fence environments in, as far as it was found out by connecting. */
export const NetworkPolicies = z.object({ enforced: z.enum(['yes', 'no', 'unknown']), detail: z.string() });
export type NetworkPolicies = z.infer<typeof NetworkPolicies>;

/** PURE. Whether the address is one for people: `<namespace>.<preview domain>`, not `<service>.<namespace>.svc...`. */
export function isPreview({ namespace, url }: Environment): boolean {
  return url !== null && URL.canParse(url) && new URL(url).hostname.startsWith(`${namespace}.`);
}

/** The verdict contract, `greenroom/verdict@1`: what `--json`, `/api/runs/<id>` and later readers speak. Fields are only ever added. */
export const VerdictDocument = z.object({
  schema: z.literal('greenroom/verdict@1'),
  run: z.object({
    id: z.string(),
    repository: z.string(),
    /** The change's number; null for a working tree and for an entry of the merge queue. */
    change: z.number().int().nullable(),
    /** The branch on which the merge queue has put this commit. */
    queueRef: z.string().optional(),
    sha: z.string(),
    baseSha: z.string().nullable(),
    /** The commit whose `greenroom.yaml` decided triggers, limits and what is required; null where there is none. */
    configSha: z.string().nullable(),
    generation: z.number().int(),
    trigger: z.string(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  }),
  phase: Phase,
  verdict: VerdictWord.nullable(),
  reason: z.string(),
  failure: Failure.nullable(),
  phases: z.array(PhaseRecord),
  images: z.array(z.object({ name: z.string(), digest: z.string() })),
  suites: z.array(SuiteResult),
  environment: Environment.nullable(),
  /** What was known of them for this run's environment; absent where none was made, or where Greenroom's own node enforces them. */
  networkPolicies: NetworkPolicies.optional(),
  teardown: TeardownRecord,
});
export type VerdictDocument = z.infer<typeof VerdictDocument>;
