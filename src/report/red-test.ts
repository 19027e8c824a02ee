import type { SuiteResult, TestResult } from '../suites/suite-result.ts';
import { type Block, codeBlock, list, paragraph } from './blocks.ts';
import { codeSpan, escapeMarkdown } from './escape.ts';
import { artifactUrl, type ReportContext } from './report-context.ts';
import { isRed } from './words.ts';

/**
 * What a developer asks of a red test, in this order: which assertion, what did the application log meanwhile, where is
 * the trace, how does the base branch do. PURE.
 */
export function redTest(test: TestResult, suite: SuiteResult, context: ReportContext): Block[] {
  const place = test.file === null ? '' : ` ${codeSpan(test.line === null ? test.file : `${test.file}:${test.line}`)}`;
  const project = test.project === null ? '' : ` · ${escapeMarkdown(test.project, 60)}`;
  const fault = test.class === undefined ? '' : ` · class ${test.class}`;
  const tries = test.attempts.length > 1 ? ` · ${test.attempts.length} attempts` : '';
  const blocks = [
    paragraph(`#### ${escapeMarkdown(test.name, 200)}`),
    paragraph(`${test.status === 'errored' ? 'Errored' : 'Failed'}${place}${project}${fault}${tries}`),
    codeBlock(test.message ?? lastMessage(test) ?? 'The test gave no message.', 25),
  ];
  if (test.evidence && test.evidence.length > 0) {
    blocks.push(paragraph('What the application logged in that window:'), codeBlock(test.evidence, 20, 240));
  } else {
    blocks.push(paragraph('The application logged nothing in that window.'));
  }
  blocks.push(list([...traceItem(test, suite, context), baseItem(test, suite, context)]));
  return blocks;
}

function lastMessage(test: TestResult): string | undefined {
  return test.attempts.findLast((attempt) => attempt.message !== undefined)?.message;
}

function traceItem(test: TestResult, suite: SuiteResult, context: ReportContext): string[] {
  const trace = traceOf(test, suite);
  const report = htmlReport(suite);
  const links = [
    ...(trace ? [{ label: 'trace', href: trace.href }] : []),
    ...(report ? [{ label: 'HTML report', href: report.href }] : []),
  ].flatMap(({ label, href }) => {
    const url = artifactUrl(href, context);
    return url === null ? [] : [`[${label}](${url})`];
  });
  return links.length === 0 ? [] : [`See: ${links.join(', ')}`];
}

/** Playwright names a test's folder after its file and title; with one trace there is no question. */
function traceOf(test: TestResult, suite: SuiteResult): SuiteResult['artifacts'][number] | undefined {
  const traces = suite.artifacts.filter(({ name, notStored }) => !notStored && name.endsWith('trace.zip'));
  if (traces.length <= 1) return suite.tests.filter(isRed).length <= 1 ? traces[0] : undefined;
  const title = slug(test.name.split(/[›>]/).at(-1) ?? test.name).slice(0, 16);
  return title === '' ? undefined : traces.findLast((artifact) => slug(artifact.name).includes(title));
}

export function htmlReport(suite: SuiteResult): SuiteResult['artifacts'][number] | undefined {
  const pages = suite.artifacts.filter(({ mediaType, notStored }) => !notStored && mediaType.startsWith('text/html'));
  return pages.find((artifact) => /(^|\/)(index|report)\.html$/.test(artifact.name)) ?? pages[0];
}

function baseItem(test: TestResult, suite: SuiteResult, { base }: ReportContext): string {
  const same = base?.suites
    .find((candidate) => candidate.name === suite.name)
    ?.tests.find((candidate) => candidate.id === test.id);
  if (!base || !same) return 'On the base branch: not known.';
  const sha = codeSpan(base.sha.slice(0, 7));
  if (isRed(same))
    return `On the base branch: **${same.status} as well** (${sha}), so this change may not be the cause.`;
  return `On the base branch: ${same.status} (${sha}).`;
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '');
}
