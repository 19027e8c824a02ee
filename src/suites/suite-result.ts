import { z } from 'zod';

/** DESIGN, "Words": ours, never the forge's. Readers take an unknown word for `errored`. */
export const VerdictWord = z.enum(['passed', 'flaky', 'failed', 'errored', 'cancelled', 'skipped']);
export type VerdictWord = z.infer<typeof VerdictWord>;

/** Whose fault a failure is. */
export const FailureClass = z.enum(['product', 'test', 'flaky', 'infrastructure', 'environment']);
export type FailureClass = z.infer<typeof FailureClass>;

export const SuiteKind = z.enum(['smoke', 'e2e', 'load']);
export type SuiteKind = z.infer<typeof SuiteKind>;

export const Attempt = z.object({
  status: z.enum(['passed', 'failed', 'skipped', 'errored']),
  startedAt: z.iso.datetime().optional(),
  durationMs: z.number(),
  message: z.string().optional(),
});
export type Attempt = z.infer<typeof Attempt>;

export const TestResult = z.object({
  /** Stable over runs of the same test: kind, file, title, project. */
  id: z.string(),
  name: z.string(),
  file: z.string().nullable(),
  line: z.number().int().nullable(),
  project: z.string().nullable(),
  status: z.enum(['passed', 'flaky', 'failed', 'errored', 'skipped']),
  durationMs: z.number(),
  attempts: z.array(Attempt),
  class: FailureClass.optional(),
  message: z.string().optional(),
  evidence: z.array(z.string()).optional(),
});
export type TestResult = z.infer<typeof TestResult>;

export const Threshold = z.object({
  metric: z.string(),
  expression: z.string(),
  ok: z.boolean(),
  /** The value it was held against, where known. */
  actual: z.number().nullable(),
});
export type Threshold = z.infer<typeof Threshold>;

export const Endpoint = z.object({
  name: z.string(),
  method: z.string(),
  requests: z.number(),
  rps: z.number(),
  /** 0 to 1. */
  errorRate: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  /** Up to 120 points: seconds since start, requests per second and p95 in that second. */
  series: z.array(z.object({ second: z.number(), rps: z.number(), p95Ms: z.number(), errors: z.number() })).optional(),
});
export type Endpoint = z.infer<typeof Endpoint>;

export const Metrics = z.object({
  requests: z.number(),
  rps: z.number(),
  errorRate: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  thresholds: z.array(Threshold),
  droppedIterations: z.number().optional(),
});
export type Metrics = z.infer<typeof Metrics>;

export const Artifact = z.object({
  /** Path inside the suite's folder, such as `report/index.html`. */
  name: z.string(),
  mediaType: z.string(),
  /** Where it is read: `/runs/<id>/artifacts/<suite>/<name>`. */
  href: z.string(),
  bytes: z.number().int(),
  sha256: z.string(),
  /** It could not be brought to where files are kept: `href` leads nowhere. */
  notStored: z.boolean().optional(),
});
export type Artifact = z.infer<typeof Artifact>;

/** One suite's part of the verdict contract (DESIGN). A red test is data in here; it is never thrown. */
export const SuiteResult = z.object({
  name: z.string(),
  kind: SuiteKind,
  required: z.boolean(),
  /** The change edits this suite's files. */
  modified: z.boolean(),
  status: z.enum(['pending', 'running', 'passed', 'flaky', 'failed', 'errored', 'cancelled', 'skipped']),
  /** Why, in one sentence, when it is not simply passed. */
  reason: z.string().optional(),
  /** Set when the suite could not be told from its tests alone: script broken, pod killed, over its time. */
  failure: z
    .object({ class: FailureClass, code: z.string(), message: z.string(), evidence: z.array(z.string()) })
    .optional(),
  startedAt: z.iso.datetime().nullable(),
  durationMs: z.number().nullable(),
  tests: z.array(TestResult),
  metrics: Metrics.optional(),
  endpoints: z.array(Endpoint).optional(),
  artifacts: z.array(Artifact),
  /** Suites that ran at the same time although one of the two disturbs the other. */
  overlapped: z.array(z.string()).optional(),
});
export type SuiteResult = z.infer<typeof SuiteResult>;

/** PURE. Nothing more will become of it. */
export function isFinal({ status }: Pick<SuiteResult, 'status'>): boolean {
  return status !== 'pending' && status !== 'running';
}
