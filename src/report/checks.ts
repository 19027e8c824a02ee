import type { CheckReport } from '../forge/forge.ts';
import type { SuiteResult } from '../suites/suite-result.ts';
import { conclusionOf, suiteConclusion } from '../verdict/conclusion.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';
import { type Block, codeBlock, fitBlocks, list, paragraph } from './blocks.ts';
import { buttonsOf } from './check-buttons.ts';
import { escapeMarkdown, plainLine } from './escape.ts';
import { type ReportContext, reproduceCommand, runUrl, waitingWords } from './report-context.ts';
import { failureBlocks, phaseTable, suiteTable, warningBlocks } from './run-tables.ts';
import { suiteAnnotations, suiteSummary, suiteText } from './suite-check.ts';

/** GitHub's bound on a check's summary and on its text. */
const maxText = 65_535;
const maxTitle = 255;

/** The checks of a run as they shall stand now: `greenroom`, and one per suite. Texts are escaped and within limits. PURE. */
export function renderChecks(document: VerdictDocument, context: ReportContext): CheckReport[] {
  return [aggregateCheck(document, context), ...document.suites.map((suite) => suiteCheck(suite, document, context))];
}

function aggregateCheck(document: VerdictDocument, context: ReportContext): CheckReport {
  const end = conclusionOf(document);
  const live = document.phase === 'queued' ? `Queued${waitingWords(context)}` : `In progress: ${document.phase}`;
  const red = document.verdict === 'failed' || document.verdict === 'errored';
  const blocks: Block[] = [
    ...warningBlocks(context),
    ...(document.reason === '' ? [] : [paragraph(`**${escapeMarkdown(document.reason, 600)}**`)]),
    ...failureBlocks(document),
    ...suiteTable(document),
    ...(red ? [paragraph('Run it again on your machine:'), codeBlock(reproduceCommand(document, null))] : []),
    ...(context.notes?.length ? [list(context.notes.map((note) => escapeMarkdown(note, 400)))] : []),
    phaseTable(document),
    paragraph(`[The whole run](${runUrl(document, context)})`),
  ];
  return {
    ...frame(document, context),
    name: 'greenroom',
    status: end ? 'completed' : document.phase === 'queued' ? 'queued' : 'in_progress',
    conclusion: end?.conclusion ?? null,
    completedAt: end ? concludedAt(document) : null,
    title: plainLine(`${context.warning ? `${context.warning.title}. ` : ''}${end?.title ?? live}`, maxTitle),
    summary: withinLimit(blocks, document, context),
    text: null,
    annotations: [],
    actions: end ? buttonsOf(document) : [],
  };
}

function suiteCheck(suite: SuiteResult, document: VerdictDocument, context: ReportContext): CheckReport {
  const end = suiteConclusion(suite) ?? endWithRun(document);
  const live = suite.status === 'running' ? 'In progress' : 'Waiting for the environment';
  const text = suiteText(suite, context);
  return {
    ...frame(document, context),
    name: `greenroom / ${suite.name}`,
    status: end ? 'completed' : suite.status === 'running' ? 'in_progress' : 'queued',
    conclusion: end?.conclusion ?? null,
    startedAt: suite.startedAt ?? document.run.startedAt,
    completedAt: end ? (endOf(suite.startedAt, suite.durationMs) ?? concludedAt(document)) : null,
    title: plainLine(end?.title ?? live, maxTitle),
    summary: withinLimit(suiteSummary(suite, document, context), document, context),
    text: end && text.length > 0 ? withinLimit(text, document, context) : null,
    annotations: end ? suiteAnnotations(suite) : [],
  };
}

/** A check that an older run began on the same commit, and that nobody concludes any more. PURE. */
export function renderAbandoned(name: string, document: VerdictDocument, context: ReportContext): CheckReport {
  return {
    ...frame(document, context),
    name,
    status: 'completed',
    conclusion: 'cancelled',
    completedAt: concludedAt(document),
    title: 'Not finished: a newer run took the place of this one',
    summary: `[The newer run](${runUrl(document, context)})`,
    text: null,
    annotations: [],
  };
}

/** A suite that never ran to its end still ends concluded, in the colour of the run. */
function endWithRun(document: VerdictDocument): { conclusion: CheckReport['conclusion']; title: string } | null {
  const end = conclusionOf(document);
  // Why is said once, on the check of the whole run.
  return end ? { conclusion: end.conclusion, title: `Not run: the run was ${document.verdict} before` } : null;
}

function frame(document: VerdictDocument, context: ReportContext) {
  const { run } = document;
  return { headSha: run.sha, externalId: run.id, detailsUrl: runUrl(document, context), startedAt: run.startedAt };
}

/** When the verdict fell, as the phases tell it: the same answer before and after the teardown. */
function concludedAt(document: VerdictDocument): string | null {
  const at = (name: string) => document.phases.find((phase) => phase.name === name)?.startedAt ?? null;
  return at('reporting') ?? at('teardown') ?? document.run.startedAt;
}

function endOf(startedAt: string | null, durationMs: number | null): string | null {
  return startedAt === null || durationMs === null ? null : new Date(Date.parse(startedAt) + durationMs).toISOString();
}

function withinLimit(blocks: Block[], document: VerdictDocument, context: ReportContext): string {
  return fitBlocks(blocks, maxText, `… cut here; [the whole report](${runUrl(document, context)}) has the rest.`);
}
