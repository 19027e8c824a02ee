import type { Metrics, SuiteResult } from '../suites/suite-result.ts';
import { conclusionOf } from '../verdict/conclusion.ts';
import { isPreview, type VerdictDocument } from '../verdict/verdict-document.ts';
import { type Block, details, fitBlocks, list, paragraph, table } from './blocks.ts';
import { codeSpan, escapeMarkdown, plainLine } from './escape.ts';
import { loadCharts } from './load-chart.ts';
import { htmlReport } from './red-test.ts';
import { artifactUrl, type ReportContext, runUrl, waitingWords } from './report-context.ts';
import { failureBlocks, phaseTable, receiptBlocks, suiteTable, warningBlocks } from './run-tables.ts';
import { count, isRed, millis, percent } from './words.ts';

/** GitHub's bound on a comment. */
const maxBody = 65_536;

export interface Comment {
  /** Finds the comment again, whichever generation wrote it; the body holds it. */
  marker: string;
  body: string;
}

export interface CommentContext extends ReportContext {
  changeId: string;
  /** ISO; until when a kept environment stands. */
  keepUntil: string | null;
}

/** The one comment of a change, as it shall stand now: verdict, failures, suites, load, phases, receipt. PURE. */
export function renderComment(document: VerdictDocument, context: CommentContext): Comment {
  const marker = `<!-- greenroom:${context.changeId} `;
  const first = `${marker}generation:${document.run.generation} -->`;
  const blocks = [
    paragraph(`${first}\n### ${headline(document, context)}`),
    ...warningBlocks(context),
    ...(document.reason === '' ? [] : [paragraph(escapeMarkdown(document.reason, 600))]),
    ...failureBlocks(document),
    ...redTests(document),
    ...suiteTable(document),
    ...loadTable(document, context),
    ...loadCharts(document.suites),
    ...environmentLine(document),
    ...(context.notes?.length ? [list(context.notes.map((note) => escapeMarkdown(note, 400)))] : []),
    details('Phases', [phaseTable(document)]),
    ...receiptBlocks(document, context.keepUntil),
    paragraph(footer(document, context)),
  ];
  const more = `… cut here; [the whole run](${runUrl(document, context)}) has the rest.`;
  return { marker, body: fitBlocks(blocks, maxBody, more) };
}

function headline(document: VerdictDocument, context: CommentContext): string {
  const sha = codeSpan(document.run.sha.slice(0, 7));
  if (document.verdict === null) {
    return document.phase === 'queued'
      ? `⏳ Queued${waitingWords(context)}: ${sha}`
      : `⏳ In progress (${document.phase}): ${sha}`;
  }
  const signs: Record<string, string> = {
    success: '✅',
    failure: '❌',
    neutral: '⏭️',
    cancelled: '⏹️',
    action_required: '✋',
  };
  const end = conclusionOf(document);
  const sign = document.verdict === 'errored' ? '⚠️' : (signs[end?.conclusion ?? ''] ?? '⚠️');
  // The reason follows on its own line, so the headline is the word alone.
  const word = plainLine(end?.title ?? document.verdict, 80).split(':')[0];
  const short = document.verdict === 'passed' ? 'Passed' : word;
  return `${sign} ${escapeMarkdown(short ?? '')}: ${sha}`;
}

function redTests({ suites }: VerdictDocument): Block[] {
  const reds = suites.flatMap((suite) => suite.tests.filter(isRed).map((test) => ({ suite, test })));
  if (reds.length === 0) return [];
  const items = reds.slice(0, 10).map(({ suite, test }) => {
    const place =
      test.file === null ? '' : ` ${codeSpan(`${test.file}${test.line === null ? '' : `:${test.line}`}`, 120)}`;
    const said = test.message ? `: ${escapeMarkdown(test.message, 200)}` : '';
    return `${codeSpan(suite.name)} **${escapeMarkdown(test.name, 160)}**${place}${said}`;
  });
  const more = reds.length > 10 ? [`… and ${reds.length - 10} more`] : [];
  return [list([...items, ...more])];
}

function loadTable({ suites }: VerdictDocument, context: ReportContext): Block[] {
  const rows = suites.flatMap((suite) => (suite.metrics ? [loadRow(suite, suite.metrics, context)] : []));
  if (rows.length === 0) return [];
  const columns = ['Load', 'Requests', 'per s', 'Errors', 'p50', 'p95', 'p99', 'Thresholds held'];
  return [table(columns, rows, ['', ...Array(6).fill('right'), ''])];
}

function loadRow(suite: SuiteResult, metrics: Metrics, context: ReportContext): string[] {
  const { thresholds } = metrics;
  const held = thresholds.filter((threshold) => threshold.ok);
  const report = htmlReport(suite);
  const url = report ? artifactUrl(report.href, context) : null;
  return [
    url === null ? codeSpan(suite.name) : `[${codeSpan(suite.name)}](${url})`,
    count(metrics.requests),
    count(metrics.rps),
    percent(metrics.errorRate),
    millis(metrics.p50Ms),
    millis(metrics.p95Ms),
    millis(metrics.p99Ms),
    thresholds.length === 0 ? '' : `${held.length} of ${thresholds.length}`,
  ];
}

function environmentLine({ environment, teardown }: VerdictDocument): Block[] {
  if (!environment || teardown.status === 'gone') return [];
  const { namespace, url } = environment;
  const address = url === null ? 'not up yet' : isPreview(environment) ? `<${url}>` : codeSpan(url);
  return [paragraph(`Environment ${codeSpan(namespace)}: ${address}`)];
}

function footer(document: VerdictDocument, context: ReportContext): string {
  return `[Run ${document.run.id}](${runUrl(document, context)}) · ${codeSpan('/greenroom help')}`;
}

/** The answer to `/greenroom help`, and to a command that was not understood. */
export function renderHelp(): string {
  return [
    'Commands, each at the start of a line, by people with write permission:',
    '',
    '| Command | What it does |',
    '| --- | --- |',
    '| `/greenroom redeploy` (or `/redeploy`) | runs everything again on the newest commit |',
    '| `/greenroom run <suite>` | runs one suite again in a new environment |',
    '| `/greenroom teardown` | ends what runs and takes the environment away |',
    '| `/greenroom keep 4h` | keeps the environment that long |',
    '| `/greenroom approve <sha>` | lets exactly this commit go, where it waits for approval |',
    '| `/greenroom help` | this list |',
  ].join('\n');
}

/** Plain answers (`replies` of a decision) as a comment's body, with the help where it is asked for. PURE. */
export function renderReply(replies: readonly string[], help: boolean): string {
  const answers = replies.map((reply) => escapeMarkdown(reply, 500));
  return [...answers, ...(help ? [renderHelp()] : [])].join('\n\n');
}
