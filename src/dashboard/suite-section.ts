import { isRed } from '../report/words.ts';
import type { SuiteResult, TestResult } from '../suites/suite-result.ts';
import { countWords } from '../verdict/conclusion.ts';
import { artifactList } from './artifact-list.ts';
import { loadReport } from './load-report.ts';
import { html, type Markup } from './markup.ts';
import { chip, plural, time } from './words.ts';

/** One suite: what it found, the red first. */
export function suiteSection(runId: string, suite: SuiteResult): Markup {
  const live = suite.status === 'pending' || suite.status === 'running';
  const reason = suite.failure?.message ?? suite.reason;
  return html`<div class="card" id="suite-${suite.name}">
<div class="head"><h3>${suite.name}</h3>${chip(suite.status)}<span class="tag">${suite.kind}</span>${!suite.required && html`<span class="tag">not required</span>`}${suite.modified && html`<span class="tag loud" title="This change edits the suite's own files">modified by this change</span>`}<span class="right">${live ? '' : `${countWords(suite)} · `}${time(suite.durationMs)}</span></div>
${reason && html`<p class="why">${reason}${suite.failure && html` <span class="tag">${suite.failure.class}</span> <code>${suite.failure.code}</code>`}</p>`}
${suite.failure && evidence(suite.failure.evidence)}
${loadReport(suite)}
${tests(suite)}
${artifactList(runId, suite)}
</div>`;
}

function tests({ name, tests: all }: SuiteResult): Markup | null {
  if (all.length === 0) return null;
  const red = all.filter(isRed);
  const flaky = all.filter((test) => test.status === 'flaky');
  const calm = all.filter((test) => !isRed(test) && test.status !== 'flaky');
  const passed = calm.filter((test) => test.status === 'passed').length;
  const skipped = calm.length - passed;
  const words = [passed > 0 && `${passed} passed`, skipped > 0 && `${skipped} skipped`].filter(Boolean).join(', ');
  return html`<div class="tests">
${[...red, ...flaky].map((test, index) => testDetails(name, test, index < 3 && isRed(test)))}
${calm.length > 0 && html`<details class="test" data-key="${name}/calm"><summary><span class="what">${words}</span></summary><div class="body"><ul class="plain rows">${calm.map(testRow)}</ul></div></details>`}
</div>`;
}

function testRow(test: TestResult): Markup {
  return html`<li>${chip(test.status)}<span class="what">${test.name}</span><span class="right">${time(test.durationMs)}</span></li>`;
}

function testDetails(suite: string, test: TestResult, open: boolean): Markup {
  const place = [test.file, test.line].filter((part) => part !== null).join(':');
  return html`<details class="test" data-key="${suite}/${test.id}"${open && html` open`}><summary>${chip(test.status)}<span class="what">${test.name}</span>${test.class && html`<span class="tag">${test.class}</span>`}<span class="right">${time(test.durationMs)}</span></summary><div class="body">
${place !== '' && html`<div class="place"><code>${place}</code>${test.project && html` in ${test.project}`}</div>`}
${test.message && html`<pre>${test.message}</pre>`}
${evidence(test.evidence ?? [])}
${attempts(test)}
</div></details>`;
}

function attempts(test: TestResult): Markup | null {
  if (test.attempts.length < 2) return null;
  const rows = test.attempts.map(
    (attempt, index) =>
      html`<li><span>Attempt ${index + 1}</span>${chip(attempt.status)}<span class="what">${firstLine(attempt.message)}</span><span class="right">${time(attempt.durationMs)}</span></li>`,
  );
  return html`<h4>${plural(test.attempts.length, 'attempt')}</h4><ul class="plain rows">${rows}</ul>`;
}

export function evidence(lines: readonly string[]): Markup | null {
  return lines.length === 0 ? null : html`<h4>Evidence</h4><pre tabindex="0">${lines.join('\n')}</pre>`;
}

function firstLine(message: string | undefined): string {
  return message?.split('\n', 1)[0] ?? '';
}
