import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { SampleFolder } from '../../runner/load-samples.ts';
import { parseSelector } from '../../runner/load-thresholds.ts';
import { mergeLoad } from '../../src/suites/k6-result.ts';
import { evaluateThreshold } from '../../src/suites/load-thresholds.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const load = fixture('load-crossed.json');
const summary = fixture('load-crossed-summary.json');

test('a recorded run gives its metrics per endpoint, and k6’s inverted booleans are read the right way round', () => {
  const { metrics, endpoints } = mergeLoad([{ load, summary }], 'load/s.ts');

  expect(metrics.thresholds.map(({ metric, ok }) => `${metric} ${ok}`)).toEqual([
    'http_req_duration{name:home} true',
    'http_req_duration{name:slow} false',
    'http_req_failed true',
  ]);
  expect(endpoints.map(({ name, method, requests }) => `${method} ${name} ${requests}`)).toEqual([
    'GET home 66',
    'GET slow 66',
  ]);
});

test('percentiles of the histograms agree with k6’s own to three digits', () => {
  const own = JSON.parse(summary).metrics['http_req_duration{name:slow}'];

  const slow = mergeLoad([{ load, summary }], 'load/s.ts').endpoints.find((one) => one.name === 'slow');

  expect(slow?.p50Ms).toBeCloseTo(own.med, -1);
  expect(Math.abs((slow?.p95Ms ?? 0) - own['p(95)']) / own['p(95)']).toBeLessThan(0.02);
});

test('shards are merged by adding histograms: twice the same run has twice the requests and the same percentiles', () => {
  const one = mergeLoad([{ load, summary }], 'load/s.ts');

  const two = mergeLoad(
    [
      { load, summary },
      { load, summary },
    ],
    'load/s.ts',
  );

  expect(two.metrics.requests).toBe(2 * one.metrics.requests);
  expect(two.metrics.p95Ms).toBe(one.metrics.p95Ms);
  expect(two.metrics.thresholds.map(({ ok }) => ok)).toEqual([true, false, true]);
});

test('a slow shard is seen in the merged p99 although the average of both would hide it', () => {
  const shardOf = (values: number[]) => {
    const folder = new SampleFolder([]);
    for (const [index, value] of values.entries()) folder.add(sampleLine(value, index));
    return { load: JSON.stringify({ ...folder.finish(), thresholds: [] }), summary: null };
  };
  const fast = shardOf(Array.from({ length: 98 }, () => 10));
  const slow = shardOf([1000, 1000]);

  const { metrics } = mergeLoad([fast, slow], 'load/s.ts');

  expect(metrics.p95Ms).toBeLessThan(11);
  expect(metrics.p99Ms).toBeGreaterThan(990);
});

test('lines that are no samples are somebody’s output', () => {
  const folder = new SampleFolder([parseSelector('checks')]);

  expect(folder.add('{"metric":"http_req_duration" is what I print')).toBe(false);
  expect(folder.add('hello')).toBe(false);
  expect(folder.requests).toBe(0);
});

test('samples of the same endpoint are kept by second, late ones too', () => {
  const folder = new SampleFolder([]);
  for (const second of [1, 2, 9, 3, 9]) folder.add(sampleLine(5, second * 1000));

  const [endpoint] = folder.finish().endpoints;

  expect(endpoint?.seconds.reduce((sum, one) => sum + one.requests, 0)).toBe(5);
  expect(endpoint?.seconds.map((one) => one.second)).toEqual(
    [...(endpoint?.seconds ?? [])].map((one) => one.second).toSorted(),
  );
});

test.each([
  ['p(95)<500', 'trend', true],
  ['p(50)<10', 'trend', false],
  ['avg<=20', 'trend', true],
  ['max>19', 'trend', true],
  ['med==5', 'trend', false],
  ['rate<0.5', 'rate', false],
  ['rate>=1', 'rate', true],
  ['count>1', 'counter', true],
  ['nonsense', 'trend', null],
])('the threshold %s of a %s is %s', (expression, type, ok) => {
  const values = build({ numberOfSignificantValueDigits: 3 });
  for (const value of [10_000, 20_000]) values.recordValue(value);
  const metric = { type, count: 2, sum: 30, nonZero: 2, min: 10, max: 20, last: 20 };

  expect(evaluateThreshold(expression, { metric, values }, 1)?.ok ?? null).toBe(ok);
});

function sampleLine(value: number, at: number): string {
  const data = { time: new Date(1_700_000_000_000 + at).toISOString(), value, tags: { name: 'home', method: 'GET' } };
  return JSON.stringify({ metric: 'http_req_duration', type: 'Point', data });
}
