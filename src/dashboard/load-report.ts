import { count, millis, percent } from '../report/words.ts';
import type { Endpoint, Metrics, SuiteResult } from '../suites/suite-result.ts';
import { charts, swatch } from './charts.ts';
import { html, type Markup } from './markup.ts';
import { chip } from './words.ts';

/** Numbers first, then where they held or not, then which endpoint, then how it went over time. */
export function loadReport({ metrics, endpoints }: SuiteResult): Markup | null {
  if (!metrics) return null;
  return html`${tiles(metrics)}${thresholds(metrics)}${charts(endpoints ?? [])}${endpointTable(endpoints ?? [])}`;
}

function tiles(metrics: Metrics): Markup {
  const shown: [string, string][] = [
    ['requests', count(metrics.requests)],
    ['per second', count(metrics.rps)],
    ['errors', percent(metrics.errorRate)],
    ['p50', millis(metrics.p50Ms)],
    ['p95', millis(metrics.p95Ms)],
    ['p99', millis(metrics.p99Ms)],
  ];
  if (metrics.droppedIterations) shown.push(['dropped iterations', count(metrics.droppedIterations)]);
  return html`<ul class="tiles">${shown.map(([name, value]) => html`<li><b>${value}</b><span>${name}</span></li>`)}</ul>`;
}

function thresholds({ thresholds: all }: Metrics): Markup | null {
  if (all.length === 0) return null;
  const crossedFirst = [...all].sort((left, right) => Number(left.ok) - Number(right.ok));
  const rows = crossedFirst.map(
    (threshold) =>
      html`<tr><td>${threshold.ok ? chip('passed', 'held') : chip('failed', 'crossed')}</td><td class="wide"><code>${threshold.metric}</code></td><td><code>${threshold.expression}</code></td><td class="n">${threshold.actual === null ? '' : measured(threshold.actual)}</td></tr>`,
  );
  return html`<h4>Thresholds</h4><div class="scroll" tabindex="0"><table><thead><tr><th>Result</th><th>Metric</th><th>Must be</th><th class="n">Was</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function endpointTable(endpoints: readonly Endpoint[]): Markup | null {
  if (endpoints.length === 0) return null;
  const drawn = endpoints.filter((endpoint) => (endpoint.series?.length ?? 0) > 1);
  const rows = endpoints.map((endpoint) => {
    const place = drawn.indexOf(endpoint);
    return html`<tr><td class="wide">${place >= 0 && swatch(place)}<span class="tag">${endpoint.method}</span> ${endpoint.name}</td><td class="n">${count(endpoint.requests)}</td><td class="n">${count(endpoint.rps)}</td><td class="n">${percent(endpoint.errorRate)}</td><td class="n">${millis(endpoint.p50Ms)}</td><td class="n">${millis(endpoint.p95Ms)}</td><td class="n">${millis(endpoint.p99Ms)}</td></tr>`;
  });
  return html`<h4>Endpoints</h4><div class="scroll" tabindex="0"><table><thead><tr><th>Endpoint</th><th class="n">Requests</th><th class="n">Per second</th><th class="n">Errors</th><th class="n">p50</th><th class="n">p95</th><th class="n">p99</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** A rate of 0.0012 must not read as 0. */
function measured(value: number): string {
  return Math.abs(value) >= 1 || value === 0 ? count(value) : String(Number(value.toPrecision(3)));
}
