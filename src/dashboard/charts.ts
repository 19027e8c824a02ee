import type { Endpoint } from '../suites/suite-result.ts';
import { html, type Markup } from './markup.ts';

type Point = NonNullable<Endpoint['series']>[number];

/** As many as there are colours; the table lists the rest. */
const maxCurves = 5;
const width = 300;
const height = 100;

/** Latency of each endpoint and requests of all, per second. Nothing when no endpoint has a series. */
export function charts(endpoints: readonly Endpoint[]): Markup | null {
  const drawn = endpoints.filter((endpoint) => (endpoint.series?.length ?? 0) > 1);
  if (drawn.length === 0) return null;
  const lastSecond = Math.max(1, ...drawn.flatMap((endpoint) => (endpoint.series ?? []).map((point) => point.second)));
  return html`<div class="charts">${latency(drawn.slice(0, maxCurves), lastSecond)}${throughput(drawn, lastSecond)}</div>`;
}

/** The colour of the n-th endpoint, as in the charts. */
export function swatch(index: number): Markup | null {
  if (index >= maxCurves) return null;
  return html`<svg class="swatch" aria-hidden="true"><rect width="10" height="10" rx="2" class="f${index + 1}"/></svg>`;
}

function latency(endpoints: readonly Endpoint[], lastSecond: number): Markup {
  const top = niceTop(
    Math.max(...endpoints.flatMap((endpoint) => (endpoint.series ?? []).map((point) => point.p95Ms))),
  );
  const curves = endpoints.map(
    (endpoint, index) =>
      html`<path class="curve k${index + 1}" vector-effect="non-scaling-stroke" d="${line(endpoint.series ?? [], (point) => point.p95Ms, top, lastSecond)}"/>`,
  );
  const worst = Math.round(Math.max(...endpoints.map((endpoint) => endpoint.p95Ms)));
  const label = `p95 latency per second over ${lastSecond} seconds; the slowest endpoint's p95 of the whole run is ${worst} milliseconds`;
  return plot({ title: 'p95 latency', unit: 'ms, per second and endpoint', label, top, lastSecond, curves });
}

function throughput(endpoints: readonly Endpoint[], lastSecond: number): Markup {
  const sums = new Map<number, Point>();
  for (const point of endpoints.flatMap((endpoint) => endpoint.series ?? [])) {
    const sum = sums.get(point.second) ?? { second: point.second, rps: 0, p95Ms: 0, errors: 0 };
    sums.set(point.second, { ...sum, rps: sum.rps + point.rps, errors: sum.errors + point.errors });
  }
  const points = [...sums.values()].sort((left, right) => left.second - right.second);
  const top = niceTop(Math.max(...points.map((point) => point.rps)));
  const outline = line(points, (point) => point.rps, top, lastSecond);
  const errors = points
    .filter((point) => point.errors > 0)
    .map((point) => {
      const tall = Math.max(2, Math.min(1, point.errors / top) * height);
      const x = (point.second / lastSecond) * width - 1.5;
      return html`<rect class="errors" x="${x.toFixed(1)}" y="${(height - tall).toFixed(1)}" width="3" height="${tall.toFixed(1)}"/>`;
    });
  const first = ((points[0]?.second ?? 0) / lastSecond) * width;
  const curves = [
    html`<path class="area f1" d="${outline} L${width} ${height} L${first.toFixed(1)} ${height} Z"/>`,
    html`<path class="curve k1" vector-effect="non-scaling-stroke" d="${outline}"/>`,
    ...errors,
  ];
  const failed = points.reduce((sum, point) => sum + point.errors, 0);
  const label = `Requests per second over ${lastSecond} seconds, ${failed} errors in total`;
  const unit = failed > 0 ? 'per second; errors in red' : 'per second, all endpoints';
  return plot({ title: 'Requests', unit, label, top, lastSecond, curves });
}

function plot(of: {
  title: string;
  unit: string;
  label: string;
  top: number;
  lastSecond: number;
  curves: Markup[];
}): Markup {
  const grid = [0, height / 2, height].map(
    (y) => html`<line class="grid" vector-effect="non-scaling-stroke" x1="0" x2="${width}" y1="${y}" y2="${y}"/>`,
  );
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  return html`<figure><figcaption><b>${of.title}</b> ${of.unit}</figcaption><div class="plot"><div class="y" aria-hidden="true"><span>${number(of.top)}</span><span>${number(of.top / 2)}</span><span>0</span></div><svg role="img" aria-label="${of.label}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${grid}${of.curves}</svg><div class="x" aria-hidden="true"><span>0 s</span><span>${number(of.lastSecond / 2)} s</span><span>${of.lastSecond} s</span></div></div></figure>`;
}

function line(points: readonly Point[], value: (point: Point) => number, top: number, lastSecond: number): string {
  return points
    .map((point, index) => {
      const x = (point.second / lastSecond) * width;
      const y = height - Math.min(1, value(point) / top) * height;
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** The next of 1, 2, 2.5, 5 times a power of ten: an axis that can be read. */
export function niceTop(most: number): number {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([1, 2, 2.5, 5].find((step) => step * power >= most) ?? 10);
}
