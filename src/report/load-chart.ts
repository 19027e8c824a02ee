import type { SuiteResult } from '../suites/suite-result.ts';
import { type Block, details, paragraph } from './blocks.ts';
import { codeSpan } from './escape.ts';
import { type CoursePoint, condensed, courseOf } from './load-course.ts';

/** As many columns as a comment's width shows apart. */
const mostColumns = 60;
/** Charts are for a glance: the page has them all. */
const mostSuites = 3;

/** The load profile of each load suite, as charts that the forge draws. Only numbers and our own words stand in them. PURE. */
export function loadCharts(suites: readonly SuiteResult[]): Block[] {
  const charts = suites.flatMap((suite) => {
    const course = condensed(courseOf(suite.endpoints ?? []), mostColumns);
    return course.length < 2 ? [] : [paragraph(codeSpan(suite.name)), rateChart(course), timeChart(course)];
  });
  return charts.length === 0 ? [] : [details('Load over time', charts.slice(0, mostSuites * 3))];
}

function rateChart(course: readonly CoursePoint[]): Block {
  const errors = course.map((point) => point.errors);
  const hasErrors = errors.some((count) => count > 0);
  const title = hasErrors ? 'Requests per second, and errors as a line' : 'Requests per second';
  const rates = course.map((point) => point.rps);
  const lines = [`bar [${numbers(rates)}]`, ...(hasErrors ? [`line [${numbers(errors)}]`] : [])];
  return chart(title, 'per second', course, { lines, top: [...rates, ...errors] });
}

function timeChart(course: readonly CoursePoint[]): Block {
  const times = course.map((point) => point.p95Ms);
  return chart('p95 of the slowest endpoint', 'ms', course, { lines: [`line [${numbers(times)}]`], top: times });
}

interface Drawn {
  lines: readonly string[];
  top: readonly number[];
}

/** A block without items: it is shown whole or not at all. */
function chart(title: string, unit: string, course: readonly CoursePoint[], { lines, top }: Drawn): Block {
  const [from, to] = [course.at(0)?.second ?? 0, course.at(-1)?.second ?? 0];
  const highest = Math.max(1, ...top.map(shown));
  return paragraph(
    [
      '```mermaid',
      'xychart-beta',
      `  title "${title}"`,
      `  x-axis "second" ${numbers([from])} --> ${numbers([to])}`,
      `  y-axis "${unit}" 0 --> ${numbers([Math.ceil(highest * 1.1)])}`,
      ...lines.map((line) => `  ${line}`),
      '```',
    ].join('\n'),
  );
}

function numbers(values: readonly number[]): string {
  return values.map((value) => String(shown(value))).join(', ');
}

/** One that is no number, or too large for one, would break the whole drawing. */
function shown(value: number): number {
  const rounded = Math.round(value * 10) / 10;
  return Number.isFinite(rounded) ? rounded : 0;
}
