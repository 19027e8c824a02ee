import type { SuiteResult, VerdictWord } from '../suites/suite-result.ts';
import type { Failure, NetworkPolicies, Phase, PhaseRecord, TeardownRecord } from '../verdict/verdict-document.ts';
import type { CancelReason } from './run.ts';

/** What happened to a run, in the past tense. `at` is the instant (ISO) that the teller saw. */
export type Fact = { at: string } & (
  | { kind: 'phase-started'; phase: Phase }
  /** Told where the outcome differs from what the next `phase-started` would assume. */
  | { kind: 'phase-finished'; phase: Phase; status: Exclude<PhaseRecord['status'], 'pending' | 'running'> }
  /** The commit whose `greenroom.yaml` decided triggers, limits and what is required. */
  | { kind: 'configured'; configSha: string | null; suites: SuiteResult[]; expiresAt?: string }
  | { kind: 'images-resolved'; images: { name: string; digest: string }[] }
  | { kind: 'environment-up'; namespace: string; url: string | null }
  /** Of a cluster that is not ours, before its environment is made, and again when more is known. */
  | { kind: 'policies-asked'; networkPolicies: NetworkPolicies }
  | { kind: 'suite-progress'; suite: SuiteResult }
  | { kind: 'suites-finished' }
  | { kind: 'cancel-requested'; reason: CancelReason }
  /** The change did not get ready, or broke a rule: data about the change. */
  | { kind: 'failed'; failure: Failure }
  /** We could not find out. */
  | { kind: 'errored'; failure: Failure }
  | { kind: 'judged'; verdict: VerdictWord; reason: string; failure: Failure | null }
  | { kind: 'teardown-recorded'; record: TeardownRecord }
  | { kind: 'kept'; until: string }
);
