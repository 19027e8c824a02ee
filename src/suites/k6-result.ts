import { z } from 'zod';
import { mergeEndpoints, mergeMetrics, mergeTotals, round } from './load-metrics.ts';
import { evaluateThreshold } from './load-thresholds.ts';
import type { Endpoint, Metrics, TestResult, Threshold } from './suite-result.ts';

/** JSON has no infinity: a metric without samples has null for its bounds. */
const bound = z.number().nullable();
const FoldedMetric = z.object({
  type: z.string(),
  count: z.number(),
  sum: z.number(),
  nonZero: z.number(),
  min: bound.transform((value) => value ?? Number.POSITIVE_INFINITY),
  max: bound.transform((value) => value ?? Number.NEGATIVE_INFINITY),
  last: z.number(),
  histogram: z.string().optional(),
});
export type FoldedMetric = z.infer<typeof FoldedMetric>;

/** Our runner folds 200 endpoints (`runner/load-samples.ts`); thresholds are written by hand. */
const maximumEntries = 1000;

const FoldedEndpoint = z.object({
  name: z.string(),
  method: z.string(),
  requests: z.number(),
  errors: z.number(),
  histogram: z.string(),
  seconds: z.array(z.object({ second: z.number(), requests: z.number(), errors: z.number(), histogram: z.string() })),
});
export type FoldedEndpoint = z.infer<typeof FoldedEndpoint>;

/** `load.json` of one shard (`runner/load.ts`). */
export const LoadShard = z.object({
  endpoints: z.array(FoldedEndpoint).max(maximumEntries),
  selectors: z.record(z.string(), FoldedMetric),
  firstAt: z.number().nullable(),
  lastAt: z.number().nullable(),
  thresholds: z.array(z.object({ selector: z.string(), expression: z.string() })).max(maximumEntries),
});
export type LoadShard = z.infer<typeof LoadShard>;

/** k6's legacy summary, only what it says of thresholds. Its boolean is inverted: true means crossed. */
export const LegacySummary = z.object({
  metrics: z.record(z.string(), z.object({ thresholds: z.record(z.string(), z.boolean()).optional() })),
});

export interface LoadMeasurement {
  metrics: Metrics;
  endpoints: Endpoint[];
  /** One per threshold. */
  tests: TestResult[];
}

/**
 * PURE. What all shards measured together. With one shard k6's own word on its thresholds holds; with several they are held
 * against the merged samples, because each shard saw only its part.
 * @param shards `load.json` and, where it was written, `summary.json` of each @throws SyntaxError, ZodError
 */
export function mergeLoad(shards: { load: string; summary: string | null }[], file: string): LoadMeasurement {
  const folded = shards.map((shard) => LoadShard.parse(JSON.parse(shard.load)));
  const seconds = durationOf(folded);
  const summary = shards.length === 1 ? parseSummary(shards[0]?.summary ?? null) : null;
  const thresholds = (folded[0]?.thresholds ?? []).map(({ selector, expression }): Threshold => {
    const parts = folded.flatMap((shard) => shard.selectors[selector] ?? []);
    const computed = evaluateThreshold(expression, mergeMetrics(parts), seconds);
    const crossed = summary?.metrics[selector]?.thresholds?.[expression];
    return {
      metric: selector,
      expression,
      ok: crossed === undefined ? (computed?.ok ?? true) : !crossed,
      actual: computed === null ? null : Math.round(computed.actual * 1000) / 1000,
    };
  });
  const endpoints = folded.map((shard) => shard.endpoints);
  const totals = mergeTotals(endpoints);
  const dropped = folded.reduce((sum, shard) => sum + (shard.selectors.dropped_iterations?.sum ?? 0), 0);
  const metrics: Metrics = {
    requests: totals.requests,
    rps: seconds > 0 ? round(totals.requests / seconds) : 0,
    errorRate: totals.requests > 0 ? totals.errors / totals.requests : 0,
    ...totals.percentiles,
    thresholds,
    droppedIterations: dropped,
  };
  return { metrics, endpoints: mergeEndpoints(endpoints, seconds), tests: thresholds.map((one) => testOf(one, file)) };
}

function parseSummary(content: string | null): z.infer<typeof LegacySummary> | null {
  return content === null ? null : LegacySummary.parse(JSON.parse(content));
}

/** First to last request over all shards: they were released together. */
function durationOf(shards: LoadShard[]): number {
  const first = Math.min(...shards.flatMap((shard) => shard.firstAt ?? []));
  const last = Math.max(...shards.flatMap((shard) => shard.lastAt ?? []));
  return Number.isFinite(last - first) ? (last - first) / 1000 : 0;
}

function testOf({ metric, expression, ok, actual }: Threshold, file: string): TestResult {
  const name = `${metric} ${expression}`;
  const message = `${name}: measured ${actual ?? 'nothing'}`;
  return {
    id: `load:${file}:${name}`,
    name,
    file,
    line: null,
    project: null,
    status: ok ? 'passed' : 'failed',
    durationMs: 0,
    attempts: [],
    ...(ok ? {} : { class: 'product' as const, message }),
  };
}
