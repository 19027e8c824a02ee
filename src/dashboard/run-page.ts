import { fenceWords } from '../report/fence-words.ts';
import { subjectName } from '../run/subject-name.ts';
import type { LogLine } from '../store/run-log.ts';
import type { StoredRun } from '../store/run-row.ts';
import type { TeardownReceipt } from '../store/tables.ts';
import { conclusionOf } from '../verdict/conclusion.ts';
import { type Environment, type Failure, isPreview } from '../verdict/verdict-document.ts';
import type { Page } from './layout.ts';
import { html, type Markup } from './markup.ts';
import { receiptSection } from './receipt-section.ts';
import { evidence, suiteSection } from './suite-section.ts';
import { timeTrack } from './time-track.ts';
import { chip, moment, time, toneOf } from './words.ts';

export interface RunView {
  run: StoredRun;
  /** Other runs of the change, newest first. */
  siblings: readonly StoredRun[];
  log: readonly LogLine[];
  receipt: TeardownReceipt | null;
  /** Its place in the queue, while it waits for room. */
  place: QueuePlace | null;
  now: Date;
}

export interface QueuePlace {
  position: number;
  of: number;
  /** Milliseconds since the epoch; null where it cannot be foreseen. */
  startsAt: number | null;
}

/** Everything about one run on one page; the sections answer a reader's questions in the order in which they come up. */
export function runPage(view: RunView): Page {
  const { run } = view;
  const { document } = run;
  const settled = run.phase === 'done' && document.teardown.status !== 'pending';
  return {
    title: `${subjectName(run)} · ${document.verdict ?? run.phase} · Greenroom`,
    sections: [
      header(view),
      timeSection(view),
      suites(run),
      receiptSection(view),
      facts(run),
      siblings(view),
      log(view),
    ],
    live: settled ? null : `/runs/${run.id}`,
  };
}

function header({ run, now, place }: RunView): Markup {
  const { document } = run;
  const conclusion = conclusionOf(document);
  const fences = fenceWords(run);
  const status = document.verdict ?? 'running';
  const { startedAt, finishedAt } = document.run;
  const length = (finishedAt === null ? now.getTime() : Date.parse(finishedAt)) - Date.parse(startedAt);
  return html`<section id="verdict"><h1>${subjectName(run)}</h1>
<div class="meta"><span>commit <code>${run.headSha.slice(0, 12)}</code></span><span>${run.trigger}, run ${run.generation} of this change</span><span>started ${moment(startedAt)}</span><span>${time(Math.max(0, length))}${finishedAt === null && ' so far'}</span></div>
<div class="card verdict ${toneOf(status)}">
<p class="say">${chip(status, document.verdict ?? run.phase)}<strong>${conclusion?.title ?? document.reason}</strong></p>
${fences !== null && html`<p>${run.trusted ? fences : html`<strong>⚠️ ${fences}</strong>`}</p>`}
${place !== null && html`<p>${placeWords(place, now)}</p>`}
${run.cancel !== null && document.verdict === null && html`<p>It is being cancelled: ${run.cancel}.</p>`}
${run.supersededBy !== null && html`<p>A newer run took its place: <a href="/runs/${run.supersededBy}">${run.supersededBy}</a>.</p>`}
${document.failure && failureBlock(document.failure)}
</div></section>`;
}

function placeWords({ position, of, startsAt }: QueuePlace, now: Date): string {
  const place = `It waits for room in the cluster: ${position} of ${of} in the queue`;
  if (startsAt === null) return `${place}.`;
  const minutes = Math.max(1, Math.round((startsAt - now.getTime()) / 60_000));
  return `${place}, and begins in about ${minutes === 1 ? 'a minute' : `${minutes} minutes`} if runs take as long as they usually do.`;
}

function failureBlock(failure: Failure): Markup {
  return html`<p>${failure.message} <span class="tag">${failure.class}</span> <code>${failure.code}</code></p>
${evidence(failure.evidence)}
<p><strong>What to do:</strong> ${failure.remedy}</p>`;
}

function timeSection({ run, now }: RunView): Markup {
  return html`<section id="time"><h2>Time</h2><div class="card">${timeTrack(run.document, now)}</div></section>`;
}

function suites({ id, document }: StoredRun): Markup {
  if (document.suites.length === 0) return html`<section id="suites"></section>`;
  const order = ['failed', 'errored', 'flaky', 'running', 'cancelled', 'passed', 'pending', 'skipped'];
  const sorted = document.suites.toSorted((left, right) => order.indexOf(left.status) - order.indexOf(right.status));
  return html`<section id="suites"><h2>Suites</h2>${sorted.map((suite) => suiteSection(id, suite))}</section>`;
}

function facts(run: StoredRun): Markup {
  const { environment, images, run: of } = run.document;
  return html`<section id="environment"><h2>Environment</h2><div class="card"><dl>
<dt>Namespaces</dt><dd>${environment ? html`<code>${environment.namespace}</code>, <code>${environment.namespace}-suites</code>` : 'not provisioned'}</dd>
${environment?.url && html`<dt>Address</dt><dd>${address(environment, environment.url)}</dd>`}
<dt>Lives until</dt><dd>${moment(run.keepUntil ?? run.expiresAt)} at the latest</dd>
<dt>Commit</dt><dd><code>${run.headSha}</code></dd>
${of.baseSha !== null && html`<dt>Base</dt><dd><code>${of.baseSha}</code></dd>`}
${images.map((image) => html`<dt>Image</dt><dd><code>${image.name}@${image.digest}</code></dd>`)}
<dt>Run</dt><dd><code>${run.id}</code>, <a href="/api/runs/${run.id}">verdict document</a></dd>
</dl></div></section>`;
}

function address(environment: Environment, url: string): Markup {
  return isPreview(environment) ? html`<a href="${url}">${url}</a>` : html`<code>${url}</code> (inside the cluster)`;
}

function siblings({ run, siblings: all }: RunView): Markup {
  const others = all.filter((other) => other.id !== run.id);
  if (others.length === 0) return html`<section id="siblings"></section>`;
  const rows = others.map(
    (other) =>
      html`<li>${chip(other.document.verdict ?? 'running', other.document.verdict ?? other.phase)}<span class="what"><a href="/runs/${other.id}">run ${other.generation}</a>, <code>${other.headSha.slice(0, 7)}</code>, ${other.trigger}</span><span class="right">${moment(other.createdAt)}</span></li>`,
  );
  return html`<section id="siblings"><h2>Other runs of this change</h2><div class="card"><ul class="plain rows">${rows}</ul></div></section>`;
}

function log({ run, log: lines }: RunView): Markup {
  if (lines.length === 0) return html`<section id="log"></section>`;
  const rows = lines.map(
    (line) =>
      html`<li><time datetime="${line.at}">${line.at.slice(11, 19)}</time><span class="src" title="${line.source}">${line.source}</span><span class="txt">${line.line}</span></li>`,
  );
  return html`<section id="log"><h2>Log</h2><div class="log" tabindex="0" role="region" aria-label="The newest log lines"><ol>${rows}</ol></div><p class="foot"><a href="/runs/${run.id}/log.txt">All kept lines as text</a></p></section>`;
}
