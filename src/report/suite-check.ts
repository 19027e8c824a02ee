import type { Annotation } from '../forge/forge.ts';
import type { SuiteResult, TestResult } from '../suites/suite-result.ts';
import { countWords } from '../verdict/conclusion.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';
import { type Block, codeBlock, paragraph, table } from './blocks.ts';
import { clip, codeSpan, escapeMarkdown, plainLine, plainText } from './escape.ts';
import { endpointTable, loadSummary } from './load-report.ts';
import { htmlReport, redTest } from './red-test.ts';
import { artifactUrl, type ReportContext, reproduceCommand, runUrl } from './report-context.ts';
import { isRed, signed, timeWords } from './words.ts';

const redTestsInFull = 3;

/** The first screen of one suite's check. PURE. */
export function suiteSummary(suite: SuiteResult, document: VerdictDocument, context: ReportContext): Block[] {
  const reds = suite.tests.filter(isRed);
  const base = context.base?.suites.find((candidate) => candidate.name === suite.name);
  const blocks = [paragraph(headline(suite))];
  if (suite.modified)
    blocks.push(paragraph('This change edits the suite itself (**modified**): read its result with that in mind.'));
  if (suite.failure) {
    blocks.push(
      paragraph(`**${escapeMarkdown(suite.failure.message)}** (${suite.failure.code}, class ${suite.failure.class})`),
    );
    if (suite.failure.evidence.length > 0) blocks.push(codeBlock(suite.failure.evidence, 30));
  }
  blocks.push(...loadSummary(suite, base));
  for (const test of reds.slice(0, redTestsInFull)) blocks.push(...redTest(test, suite, context));
  if (reds.length > redTestsInFull)
    blocks.push(paragraph(`${reds.length - redTestsInFull} more failed; they are listed below.`));
  if (reds.length > 0 || suite.status === 'failed' || suite.status === 'errored') {
    blocks.push(paragraph('Run it again on your machine:'), codeBlock(reproduceCommand(document, suite.name)));
  }
  blocks.push(paragraph(links(suite, document, context)));
  return blocks;
}

function headline(suite: SuiteResult): string {
  const time = suite.durationMs === null ? '' : ` in ${timeWords(suite.durationMs)}`;
  const optional = suite.required ? '' : ' (not required)';
  const why = suite.reason ? `: ${escapeMarkdown(suite.reason)}` : '';
  return `**${signed(suite.status)}**${optional}, ${escapeMarkdown(countWords(suite))}${time}${why}`;
}

function links(suite: SuiteResult, document: VerdictDocument, context: ReportContext): string {
  const report = htmlReport(suite);
  const url = report ? artifactUrl(report.href, context) : null;
  const label = suite.kind === 'load' ? 'Load report (HTML)' : 'HTML report';
  return [...(url === null ? [] : [`[${label}](${url})`]), `[The whole run](${runUrl(document, context)})`].join(' · ');
}

/** Everything else: endpoints, every test, every file. PURE. */
export function suiteText(suite: SuiteResult, context: ReportContext): Block[] {
  const blocks = endpointTable(suite);
  if (suite.tests.length > 0) blocks.push(paragraph('#### Tests'), testTable(suite.tests));
  if (suite.artifacts.length > 0) blocks.push(paragraph('#### Files'), artifactTable(suite, context));
  return blocks;
}

const order = ['failed', 'errored', 'flaky', 'passed', 'skipped'];

function testTable(tests: readonly TestResult[]): Block {
  const sorted = [...tests].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  const rows = sorted.map((test) => [
    signed(test.status),
    escapeMarkdown(test.name, 160),
    test.file === null ? '' : codeSpan(test.line === null ? test.file : `${test.file}:${test.line}`, 120),
    timeWords(test.durationMs),
    escapeMarkdown(isRed(test) ? (test.message ?? '') : '', 160),
  ]);
  return table(['', 'Test', 'Where', 'Time', 'What it said'], rows, ['', '', '', 'right', '']);
}

function artifactTable(suite: SuiteResult, context: ReportContext): Block {
  const rows = suite.artifacts.map((artifact) => {
    const url = artifact.notStored ? null : artifactUrl(artifact.href, context);
    const name = `${codeSpan(artifact.name, 160)}${artifact.notStored ? ' (not stored)' : ''}`;
    return [url === null ? name : `[${name}](${url})`, codeSpan(artifact.mediaType, 60), String(artifact.bytes)];
  });
  return table(['File', 'Type', 'Bytes'], rows, ['', '', 'right']);
}

const maxAnnotationMessage = 4000;

/** One note per red or flaky test, at its line in the change; none for files outside the repository. PURE. */
export function suiteAnnotations(suite: SuiteResult): Annotation[] {
  return suite.tests.flatMap((test): Annotation[] => {
    const { file } = test;
    if (!(isRed(test) || test.status === 'flaky') || file === null || !isRepositoryPath(file)) return [];
    const line = Math.max(1, test.line ?? 1);
    const message = plainText(test.message ?? test.attempts.find((attempt) => attempt.message)?.message ?? '').trim();
    return [
      {
        path: file,
        startLine: line,
        endLine: line,
        level: isRed(test) && suite.required ? 'failure' : 'warning',
        title: plainLine(test.status === 'flaky' ? `Passed after retry: ${test.name}` : test.name, 200),
        message: clip(message === '' ? 'The test gave no message.' : message, maxAnnotationMessage),
      },
    ];
  });
}

function isRepositoryPath(file: string): boolean {
  return file !== '' && !file.startsWith('/') && !file.split('/').includes('..') && !file.includes(':');
}
