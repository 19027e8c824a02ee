import { subjectName } from '../run/subject-name.ts';
import type { StoredRun } from '../store/run-row.ts';
import type { Page } from './layout.ts';
import { html, type Markup } from './markup.ts';
import { ago, chip, time } from './words.ts';

export interface ListView {
  live: readonly StoredRun[];
  /** A page of finished ones, newest first. */
  recent: readonly StoredRun[];
  /** The address of the next page, or null. */
  older: string | null;
  now: Date;
  /** Nobody knows who looks: there may be more for somebody who signs in. */
  isStranger: boolean;
}

export function listPage(view: ListView): Page {
  return {
    title: `${view.live.length > 0 ? `${view.live.length} running · ` : ''}Greenroom`,
    sections: [
      html`<section id="head"><h1>Runs</h1></section>`,
      runTable('live', 'Under way', view.live, view.now),
      runTable('recent', view.live.length > 0 ? 'Finished' : '', view.recent, view.now),
      view.isStranger ? more : html`<section id="more"></section>`,
      view.older === null
        ? html`<section id="older"></section>`
        : html`<section id="older"><p class="foot"><a href="${view.older}">Older runs</a></p></section>`,
      view.live.length + view.recent.length === 0
        ? view.isStranger
          ? html`<section id="none"></section>`
          : nothingYet
        : html`<section id="none"></section>`,
    ],
    live: '/',
  };
}

const more = html`<section id="more"><p class="foot">Those of public repositories. <a href="/sign-in">Sign in</a> to see more.</p></section>`;
const nothingYet = html`<section id="none"><div class="card empty">No run yet. Open a pull request, or try <code>greenroom run .</code> in a checkout.</div></section>`;

function runTable(id: string, title: string, runs: readonly StoredRun[], now: Date): Markup {
  if (runs.length === 0) return html`<section id="${id}"></section>`;
  return html`<section id="${id}">${title !== '' && html`<h2>${title}</h2>`}<div class="card runs${title === '' && ' first'}"><table><thead><tr><th>Verdict</th><th>Change</th><th>Suites</th><th class="n">Took</th><th class="n">Started</th></tr></thead><tbody>${runs.map((run) => row(run, now))}</tbody></table></div></section>`;
}

function row(run: StoredRun, now: Date): Markup {
  const { document } = run;
  const { startedAt, finishedAt } = document.run;
  const took = (finishedAt === null ? now.getTime() : Date.parse(finishedAt)) - Date.parse(startedAt);
  const blocked = document.teardown.status === 'blocked';
  const minis = document.suites.map((suite) => chip(suite.status, suite.name));
  return html`<tr><td>${chip(document.verdict ?? 'running', document.verdict ?? run.phase)}</td><td class="wide"><a href="/runs/${run.id}">${subjectName(run)}</a> <code>${run.headSha.slice(0, 7)}</code>${blocked && html` ${chip('blocked', 'teardown blocked')}`}<span class="reason">${document.reason}</span></td><td><span class="minis">${minis}</span></td><td class="n">${time(Math.max(0, took))}</td><td class="n">${ago(run.createdAt, now)}</td></tr>`;
}
