import type { Endpoint } from '../suites/suite-result.ts';

/** One second of a load suite, or a few. */
export interface CoursePoint {
  /** Since the load began. */
  second: number;
  rps: number;
  /** Of the slowest endpoint. */
  p95Ms: number;
  errors: number;
}

/** All endpoints together, second by second. PURE. */
export function courseOf(endpoints: readonly Endpoint[]): CoursePoint[] {
  const seconds = new Map<number, CoursePoint>();
  for (const { second, rps, p95Ms, errors } of endpoints.flatMap((endpoint) => endpoint.series ?? [])) {
    const sum = seconds.get(second) ?? { second, rps: 0, p95Ms: 0, errors: 0 };
    seconds.set(second, {
      second,
      rps: sum.rps + rps,
      p95Ms: Math.max(sum.p95Ms, p95Ms),
      errors: sum.errors + errors,
    });
  }
  return [...seconds.values()].sort((one, other) => one.second - other.second);
}

/** At most `most` points, each with the peaks of the seconds that it stands for. PURE. */
export function condensed(course: readonly CoursePoint[], most: number): CoursePoint[] {
  const size = Math.max(1, Math.ceil(course.length / most));
  const points: CoursePoint[] = [];
  for (const [index, point] of course.entries()) {
    const last = points.at(-1);
    if (last === undefined || index % size === 0) points.push({ ...point });
    else
      Object.assign(last, {
        rps: Math.max(last.rps, point.rps),
        p95Ms: Math.max(last.p95Ms, point.p95Ms),
        errors: Math.max(last.errors, point.errors),
      });
  }
  return points;
}
