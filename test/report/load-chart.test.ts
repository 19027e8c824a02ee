import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinBlocks } from '../../src/report/blocks.ts';
import { loadCharts } from '../../src/report/load-chart.ts';
import { condensed, courseOf } from '../../src/report/load-course.ts';
import type { Endpoint } from '../../src/suites/suite-result.ts';
import { aLoadSuite, aSuite } from './builders.ts';

const figures = { requests: 1, rps: 1, errorRate: 0, p50Ms: 1, p95Ms: 1, p99Ms: 1 };

function anEndpoint(series: NonNullable<Endpoint['series']>): Endpoint {
  return { name: '/', method: 'GET', ...figures, series };
}

function chartsOf(endpoints: Endpoint[], name = 'browse'): string {
  return joinBlocks(loadCharts([aLoadSuite({ name, endpoints })]));
}

test('the load profile is drawn by the forge: requests, errors and p95, second by second', () => {
  const web = anEndpoint([1, 2, 3].map((second) => ({ second, rps: 10 * second, p95Ms: 100, errors: second - 1 })));
  const api = anEndpoint([{ second: 2, rps: 5.55, p95Ms: 400, errors: 0 }]);

  expect(chartsOf([web, api])).toMatchInlineSnapshot(`
    "<details><summary>Load over time</summary>

    \`browse\`

    \`\`\`mermaid
    xychart-beta
      title "Requests per second, and errors as a line"
      x-axis "second" 1 --> 3
      y-axis "per second" 0 --> 33
      bar [10, 25.6, 30]
      line [0, 1, 2]
    \`\`\`

    \`\`\`mermaid
    xychart-beta
      title "p95 of the slowest endpoint"
      x-axis "second" 1 --> 3
      y-axis "ms" 0 --> 441
      line [100, 400, 100]
    \`\`\`

    </details>"
  `);
});

test('without a course of time there is no chart', () => {
  expect(loadCharts([aSuite(), aLoadSuite({ endpoints: [] })])).toEqual([]);
  expect(loadCharts([aLoadSuite({ endpoints: [anEndpoint([{ second: 1, rps: 1, p95Ms: 1, errors: 0 }])] })])).toEqual(
    [],
  );
});

test('a long load keeps its peaks in few columns', () => {
  const course = courseOf([
    anEndpoint(
      Array.from({ length: 600 }, (_, second) => ({ second, rps: second === 299 ? 900 : 1, p95Ms: 1, errors: 0 })),
    ),
  ]);

  const points = condensed(course, 60);

  expect(points).toHaveLength(60);
  expect(Math.max(...points.map(({ rps }) => rps))).toBe(900);
});

test('whatever was measured, a chart holds numbers and our own words alone', () => {
  const number = fc.oneof(fc.double(), fc.integer());
  const point = fc.record({ second: fc.nat(5000), rps: number, p95Ms: number, errors: number });
  const drawn = /^ {2}(?:(?:bar|line) \[-?[\d.e+]+(?:, -?[\d.e+]+)*\]|[xy]-axis "[a-z ]+" -?[\d.e+]+ --> -?[\d.e+]+)$/i;
  fc.assert(
    fc.property(fc.array(point, { maxLength: 20 }), (series) =>
      chartsOf([anEndpoint(series)])
        .split('\n')
        .filter((line) => /^ {2}(bar|line|x-axis|y-axis)/.test(line))
        .every((line) => drawn.test(line)),
    ),
    { numRuns: 50 },
  );
});
