import { build, type Histogram } from 'hdr-histogram-js';
import { decodeHistogram } from './decode-histogram.ts';
import type { FoldedEndpoint, FoldedMetric } from './k6-result.ts';
import type { Endpoint } from './suite-result.ts';

const maximumPoints = 120;
/** Of one second each. Adding them takes time that all runs share: the busiest endpoints have their series first. */
const maximumSeconds = 50_000;

/** PURE. One endpoint over all shards: histograms are added, percentiles never averaged. */
export function mergeEndpoints(shards: FoldedEndpoint[][], durationSeconds: number): Endpoint[] {
  const groups = Map.groupBy(shards.flat(), (one) => `${one.method} ${one.name}`);
  let room = maximumSeconds;
  return [...groups.values()]
    .map((parts) => ({ parts, requests: sumOf(parts, (part) => part.requests) }))
    .toSorted((a, b) => b.requests - a.requests)
    .map(({ parts, requests }) => {
      const seconds = parts.flatMap((part) => part.seconds);
      room -= seconds.length;
      const errors = sumOf(parts, (part) => part.errors);
      const values = addHistograms(parts.map((part) => part.histogram));
      return {
        name: parts[0]?.name ?? '',
        method: parts[0]?.method ?? '',
        requests,
        rps: durationSeconds > 0 ? round(requests / durationSeconds) : 0,
        errorRate: requests > 0 ? errors / requests : 0,
        ...percentilesOf(values),
        ...(room < 0 ? {} : { series: seriesOf(seconds) }),
      };
    });
}

/** Of all requests, over all shards and endpoints. */
export function mergeTotals(shards: FoldedEndpoint[][]): {
  requests: number;
  errors: number;
  percentiles: ReturnType<typeof percentilesOf>;
} {
  const parts = shards.flat();
  return {
    requests: sumOf(parts, (part) => part.requests),
    errors: sumOf(parts, (part) => part.errors),
    percentiles: percentilesOf(addHistograms(parts.map((part) => part.histogram))),
  };
}

/** PURE. One metric over all shards. */
export function mergeMetrics(parts: FoldedMetric[]): { metric: FoldedMetric; values: Histogram } {
  const values = addHistograms(parts.flatMap((part) => part.histogram ?? []));
  const metric: FoldedMetric = {
    type: parts.find((part) => part.type !== '')?.type ?? '',
    count: sumOf(parts, (part) => part.count),
    sum: sumOf(parts, (part) => part.sum),
    nonZero: sumOf(parts, (part) => part.nonZero),
    min: Math.min(...parts.map((part) => part.min ?? Number.POSITIVE_INFINITY)),
    max: Math.max(...parts.map((part) => part.max ?? Number.NEGATIVE_INFINITY)),
    last: sumOf(parts, (part) => part.last),
  };
  return { metric, values };
}

/** One point for each second, or for several where there are more than 120: with the p95 of all of them. */
function seriesOf(seconds: FoldedEndpoint['seconds']): NonNullable<Endpoint['series']> {
  if (seconds.length === 0) return [];
  const first = Math.min(...seconds.map((one) => one.second));
  const last = Math.max(...seconds.map((one) => one.second));
  const width = Math.ceil((last - first + 1) / maximumPoints);
  const buckets = Map.groupBy(seconds, (one) => Math.floor((one.second - first) / width));
  return [...buckets]
    .toSorted(([a], [b]) => a - b)
    .map(([bucket, parts]) => ({
      second: bucket * width,
      rps: round(sumOf(parts, (part) => part.requests) / width),
      p95Ms: percentilesOf(addHistograms(parts.map((part) => part.histogram))).p95Ms,
      errors: sumOf(parts, (part) => part.errors),
    }));
}

function addHistograms(encoded: string[]): Histogram {
  const total = build({ numberOfSignificantValueDigits: 3, autoResize: true, bitBucketSize: 32 });
  for (const one of encoded) total.add(decodeHistogram(one));
  return total;
}

function percentilesOf(values: Histogram): { p50Ms: number; p95Ms: number; p99Ms: number } {
  const at = (percentile: number) => (values.totalCount === 0 ? 0 : values.getValueAtPercentile(percentile) / 1000);
  return { p50Ms: at(50), p95Ms: at(95), p99Ms: at(99) };
}

function sumOf<T>(parts: T[], value: (part: T) => number): number {
  return parts.reduce((sum, part) => sum + value(part), 0);
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
