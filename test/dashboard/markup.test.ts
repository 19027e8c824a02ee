import { expect, test } from 'vitest';
import { charts, niceTop } from '../../src/dashboard/charts.ts';
import { html } from '../../src/dashboard/markup.ts';
import { toneOf } from '../../src/dashboard/words.ts';
import { endpoint } from './sample-documents.ts';

test.each([
  ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
  ['" onmouseover="alert(1)', '&quot; onmouseover=&quot;alert(1)'],
  ["' autofocus '", '&#39; autofocus &#39;'],
  ['&amp;', '&amp;amp;'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['file\u202egnp.exe', 'filegnp.exe'],
  ['nul\u0000', 'nul'],
])('%j is shown as %j', (text, shown) => {
  expect(html`${text}`.toString()).toBe(shown);
});

test('only markup is taken for markup, also in lists; nothing is nothing', () => {
  const inner = html`<b>${'<i>'}</b>`;

  expect(html`<p>${[inner, '<u>', null, false, undefined, 0]}</p>`.toString()).toBe(
    '<p><b>&lt;i&gt;</b>&lt;u&gt;0</p>',
  );
});

test('an object that looks like markup is not', () => {
  const forged = { toString: () => '<script>' } as unknown as string;

  expect(() => html`${forged}`.toString()).toThrow();
});

test('a word that this version does not know reads as errored', () => {
  expect(toneOf('quarantined')).toBe('errored');
});

test.each([
  [0, 1],
  [0.7, 1],
  [1, 1],
  [3, 5],
  [98, 100],
  [101, 200],
  [230, 250],
  [4_900, 5_000],
])('an axis for %d ends at %d', (most, top) => {
  expect(niceTop(most)).toBe(top);
});

test('a chart says what it shows to those who cannot see it, and draws nothing without a series', () => {
  const drawn = charts([endpoint('GET', '/', { rps: 10, p95Ms: 40, slower: 4 })])?.toString();

  expect(drawn).toContain('role="img" aria-label="Requests per second over 59 seconds, 8 errors in total"');
  expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
  expect(charts([{ ...endpoint('GET', '/', { rps: 1, p95Ms: 1 }), series: [] }])).toBeNull();
});
