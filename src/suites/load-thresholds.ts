import type { Histogram } from 'hdr-histogram-js';
import type { FoldedMetric } from './k6-result.ts';

const comparisons = {
  '<=': (actual: number, limit: number) => actual <= limit,
  '>=': (actual: number, limit: number) => actual >= limit,
  '===': (actual: number, limit: number) => actual === limit,
  '!==': (actual: number, limit: number) => actual !== limit,
  '==': (actual: number, limit: number) => actual === limit,
  '!=': (actual: number, limit: number) => actual !== limit,
  '<': (actual: number, limit: number) => actual < limit,
  '>': (actual: number, limit: number) => actual > limit,
};

/**
 * PURE. The value that a k6 threshold expression (`p(95)<500`, `rate<0.01`) speaks of, and whether it holds, over all
 * shards. Null where there is no sample, which k6 lets pass, or where the expression is not one of k6's.
 */
export function evaluateThreshold(
  expression: string,
  { metric, values }: { metric: FoldedMetric; values: Histogram },
  durationSeconds: number,
): { actual: number; ok: boolean } | null {
  const match = /^\s*([a-z]+)(?:\((\d+(?:\.\d+)?)\))?\s*(<=|>=|===|!==|==|!=|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(
    expression,
  );
  if (!match || metric.count === 0) return null;
  const [, name = '', percentile, operator = '', limit] = match;
  const actual = aggregate(name, percentile, metric, values, durationSeconds);
  if (actual === null) return null;
  return { actual, ok: comparisons[operator as keyof typeof comparisons](actual, Number(limit)) };
}

function aggregate(
  name: string,
  percentile: string | undefined,
  metric: FoldedMetric,
  values: Histogram,
  seconds: number,
): number | null {
  switch (name) {
    case 'p':
      return values.getValueAtPercentile(Number(percentile)) / 1000;
    case 'med':
      return values.getValueAtPercentile(50) / 1000;
    case 'avg':
      return metric.sum / metric.count;
    case 'min':
      return metric.min;
    case 'max':
      return metric.max;
    case 'count':
      return metric.type === 'counter' ? metric.sum : metric.count;
    case 'rate':
      return metric.type === 'rate' ? metric.nonZero / metric.count : metric.sum / Math.max(seconds, 0.001);
    case 'value':
      return metric.last;
    default:
      return null;
  }
}
