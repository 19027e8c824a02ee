import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { plainText } from '../report/escape.ts';
import { placeOf } from '../store/admission.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { readLog } from '../store/run-log.ts';
import type { StoredRun } from '../store/run-row.ts';
import { liveRuns, recentRuns, runById, runsOfChange } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { teardownOf } from '../store/teardowns.ts';
import { serveArtifacts } from './artifacts.ts';
import { contentSecurityPolicy, type Page, renderPage } from './layout.ts';
import { listPage } from './list-page.ts';
import { html } from './markup.ts';
import { runPage } from './run-page.ts';

export interface DashboardOptions {
  store: Store;
  artifacts: ArtifactStore;
  /**
   * Whether `/` and `/api/runs` list the runs. A run's id is the key to its page: a service that strangers can reach
   * must not hand out all of them.
   */
  lists: boolean;
}

const pageSize = 50;
const shownLogLines = 400;

/** The pages and the API to look at runs with. */
export function createDashboard({ store, artifacts, lists }: DashboardOptions): Hono {
  const app = new Hono();
  if (lists) {
    app.get('/', async (context) => {
      const [live, recent, now] = [await liveRuns(store), await finishedPage(store, context), await store.now()];
      const first = context.req.query('before') === undefined;
      return page(
        context,
        listPage({ live: first ? live.reverse() : [], recent: recent.runs, older: recent.older, now }),
      );
    });
    app.get('/api/runs', async (context) => {
      const before = instant(context.req.query('before'));
      const runs = await recentRuns(store, pageSize, before);
      const next = runs.length === pageSize ? `/api/runs?before=${runs.at(-1)?.createdAt}` : null;
      return json(context, { runs: runs.map(summary), next });
    });
  } else {
    app.get('/', (context) => page(context, closedPage));
  }
  app.get('/runs/:id', async (context) => {
    const run = await runById(store, context.req.param('id'));
    if (run === null) return page(context, missingPage, 404);
    const [siblings, log, teardown, place, now] = [
      await runsOfChange(store, run.changeId, 10),
      await readLog(store, run.id, { limit: shownLogLines }),
      await teardownOf(store, run.id),
      run.phase === 'queued' ? await placeOf(store, run.id) : null,
      await store.now(),
    ];
    return page(context, runPage({ run, siblings, log, receipt: teardown?.receipt ?? null, place, now }));
  });
  app.get('/runs/:id/log.txt', async (context) => {
    const lines = await readLog(store, context.req.param('id'));
    // What follows a line break is indented: nothing in a line can pass for the next one.
    const flat = (text: string) => plainText(text).replaceAll('\n', '\n  ');
    const text = lines.map((line) => `${line.at} ${flat(line.source)} ${flat(line.line)}\n`).join('');
    return context.text(text, lines.length === 0 ? 404 : 200, { ...commonHeaders, 'Cache-Control': 'no-store' });
  });
  app.get('/api/runs/:id', async (context) => {
    const run = await runById(store, context.req.param('id'));
    return run === null ? json(context, { message: 'There is no such run.' }, 404) : json(context, run.document);
  });
  serveArtifacts(app, artifacts);
  return app;
}

/** The address of a page is its only key: it must not leave in a referrer. */
const commonHeaders = { 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff' };

function page(context: Context, content: Page, status: 200 | 404 = 200): Response {
  const text = renderPage(content);
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 24)}"`;
  const headers = { ...commonHeaders, 'Cache-Control': 'no-cache', ETag: etag };
  if (status === 200 && context.req.header('if-none-match') === etag) return context.body(null, 304, headers);
  return context.html(text, status, { ...headers, 'Content-Security-Policy': contentSecurityPolicy });
}

function json(context: Context, body: object, status: 200 | 404 = 200): Response {
  return context.json(body, status, { ...commonHeaders, 'Cache-Control': 'no-store' });
}

async function finishedPage(store: Store, context: Context): Promise<{ runs: StoredRun[]; older: string | null }> {
  const runs = await recentRuns(store, pageSize, instant(context.req.query('before')));
  const older = runs.length === pageSize ? `/?before=${runs.at(-1)?.createdAt}` : null;
  return { runs: runs.filter((run) => run.phase === 'done'), older };
}

function summary(run: StoredRun) {
  const { verdict, reason } = run.document;
  const { id, repository, change, generation, trigger, phase, createdAt, finishedAt } = run;
  const sha = run.headSha;
  return {
    id,
    repository,
    change,
    sha,
    generation,
    trigger,
    phase,
    verdict,
    reason,
    createdAt,
    finishedAt,
    href: `/runs/${id}`,
  };
}

function instant(text: string | undefined): string | undefined {
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

const missingPage: Page = {
  title: 'No such run · Greenroom',
  sections: [
    html`<section><h1>There is no such run</h1><p>Its address may be mistyped, or it is older than this Greenroom keeps runs.</p></section>`,
  ],
  live: null,
};

const closedPage: Page = {
  title: 'Greenroom',
  sections: [
    html`<section><h1>Greenroom</h1><p>Follow the link in a pull request's check or comment to its run.</p></section>`,
  ],
  live: null,
};
