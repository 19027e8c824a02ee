import type { Endpoint, Metrics, SuiteResult } from '../suites/suite-result.ts';
import { bars } from './bars.ts';
import { type Block, paragraph, table } from './blocks.ts';
import { codeSpan } from './escape.ts';
import { courseOf } from './load-course.ts';
import { count, millis, percent, signed } from './words.ts';

/** The load report's first screen: the figures beside the base branch's, the thresholds, the course of time. PURE. */
export function loadSummary(suite: SuiteResult, base: SuiteResult | undefined): Block[] {
  const { metrics } = suite;
  if (!metrics) return [];
  const blocks = [figures(metrics, base?.metrics)];
  if (metrics.thresholds.length > 0) blocks.push(thresholds(metrics));
  const course = overTime(suite.endpoints ?? []);
  if (course) blocks.push(course);
  return blocks;
}

function figures(metrics: Metrics, base: Metrics | undefined): Block {
  const rows: [string, (of: Metrics) => string][] = [
    ['Requests', (of) => count(of.requests)],
    ['Requests per second', (of) => count(of.rps)],
    ['Errors', (of) => percent(of.errorRate)],
    ['p50', (of) => millis(of.p50Ms)],
    ['p95', (of) => millis(of.p95Ms)],
    ['p99', (of) => millis(of.p99Ms)],
  ];
  if (metrics.droppedIterations) rows.push(['Dropped iterations', (of) => count(of.droppedIterations ?? 0)]);
  const columns = base ? ['', 'this change', 'base branch'] : ['', 'this change'];
  const cells = rows.map(([name, cell]) => (base ? [name, cell(metrics), cell(base)] : [name, cell(metrics)]));
  return table(columns, cells, ['left', 'right', 'right']);
}

function thresholds(metrics: Metrics): Block {
  const rows = metrics.thresholds.map((threshold) => [
    signed(threshold.ok ? 'passed' : 'failed'),
    codeSpan(threshold.metric),
    codeSpan(threshold.expression),
    threshold.actual === null ? '' : count(threshold.actual),
  ]);
  return table(['Threshold', 'Metric', 'Must hold', 'Actual'], rows, ['left', 'left', 'left', 'right']);
}

/** Requests and p95 of all endpoints, second by second. */
function overTime(endpoints: readonly Endpoint[]): Block | null {
  const points = courseOf(endpoints);
  if (points.length < 2) return null;
  const peak = (values: number[]): number => values.reduce((most, value) => Math.max(most, value), 0);
  const rps = points.map((point) => point.rps);
  const p95 = points.map((point) => point.p95Ms);
  return paragraph(
    `\`${bars(rps)}\` requests per second, at most ${count(peak(rps))}<br>\`${bars(p95)}\` p95 of the slowest endpoint, at most ${millis(peak(p95))}`,
  );
}

/** Every endpoint with its figures and its p95 over time. */
export function endpointTable(suite: SuiteResult): Block[] {
  const endpoints = suite.endpoints ?? [];
  if (endpoints.length === 0) return [];
  const rows = [...endpoints]
    .sort((a, b) => b.p95Ms - a.p95Ms)
    .map((endpoint) => [
      codeSpan(`${endpoint.method} ${endpoint.name}`, 100),
      count(endpoint.requests),
      count(endpoint.rps),
      percent(endpoint.errorRate),
      millis(endpoint.p50Ms),
      millis(endpoint.p95Ms),
      millis(endpoint.p99Ms),
      endpoint.series && endpoint.series.length > 1
        ? `\`${bars(
            endpoint.series.map((point) => point.p95Ms),
            20,
          )}\``
        : '',
    ]);
  const columns = ['Endpoint', 'Requests', 'rps', 'Errors', 'p50', 'p95', 'p99', 'p95 over time'];
  const right = 'right';
  return [
    paragraph('#### Endpoints, the slowest first'),
    table(columns, rows, ['', right, right, right, right, right, right, '']),
  ];
}
