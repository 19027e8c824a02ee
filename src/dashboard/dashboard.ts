import { type Context, Hono } from 'hono';
import type { Log } from '../log.ts';
import { plainText } from '../report/escape.ts';
import { placeOf } from '../store/admission.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { readLog } from '../store/run-log.ts';
import type { StoredRun } from '../store/run-row.ts';
import { liveRuns, recentRuns, runById, runsOfChange } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { teardownOf } from '../store/teardowns.ts';
import type { Access } from './access/access.ts';
import { gate, missingPage, withTicket } from './access/gate.ts';
import { signIn } from './access/sign-in.ts';
import { answerJson, answerPage, commonHeaders } from './answer.ts';
import { serveArtifacts } from './artifacts.ts';
import { listPage } from './list-page.ts';
import { runPage } from './run-page.ts';

export interface DashboardOptions {
  store: Store;
  artifacts: ArtifactStore;
  access: Access;
  log: Log;
}

const pageSize = 50;
const shownLogLines = 400;

/** The pages and the API to look at runs with. */
export function createDashboard({ store, artifacts, access, log }: DashboardOptions): Hono {
  const app = new Hono();
  const seen = async (context: Context, runs: readonly StoredRun[]) => seenBy(access, context, runs);
  app.get('/', async (context) => {
    const [live, recent, now] = [await liveRuns(store), await finishedPage(store, context), await store.now()];
    const first = context.req.query('before') === undefined;
    const shown = { live: first ? await seen(context, live.reverse()) : [], recent: await seen(context, recent.runs) };
    const isStranger = access.visitorOf(context).kind === 'stranger';
    return answerPage(context, listPage({ ...shown, older: recent.older, now, isStranger }));
  });
  app.get('/api/runs', async (context) => {
    const before = instant(context.req.query('before'));
    const runs = await recentRuns(store, pageSize, before);
    const next = runs.length === pageSize ? `/api/runs?before=${runs.at(-1)?.createdAt}` : null;
    return answerJson(context, { runs: (await seen(context, runs)).map(summary), next });
  });
  app.use('/runs/:id/*', gate(access, store));
  app.use('/api/runs/:id/*', gate(access, store));
  app.get('/runs/:id', async (context) => {
    const run = await runById(store, context.req.param('id'));
    if (run === null) return answerPage(context, missingPage, 404);
    const [siblings, log, teardown, place, now] = [
      await runsOfChange(store, run.changeId, 10),
      await readLog(store, run.id, { limit: shownLogLines }),
      await teardownOf(store, run.id),
      run.phase === 'queued' ? await placeOf(store, run.id) : null,
      await store.now(),
    ];
    return answerPage(context, runPage({ run, siblings, log, receipt: teardown?.receipt ?? null, place, now }));
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
    return run === null
      ? answerJson(context, { message: 'There is no such run.' }, 404)
      : answerJson(context, run.document);
  });
  serveArtifacts(app, { artifacts, elsewhere: (context) => withTicket(access, store, context) });
  app.route('/', signIn(access, log));
  return app;
}

/** Each repository is asked for once; of one that nobody can say anything about, nothing is shown. */
async function seenBy(access: Access, context: Context, runs: readonly StoredRun[]): Promise<StoredRun[]> {
  const visitor = access.visitorOf(context);
  const looks = runs.map((run) => access.maySee(visitor, run).catch(() => false));
  const may = await Promise.all(looks);
  return runs.filter((_, index) => may[index]);
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
