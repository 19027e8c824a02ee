import { posix } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import type { TestResult } from './suite-result.ts';
import { classOfMessage } from './test-status.ts';

const ReportError = z.object({ message: z.string().optional(), snippet: z.string().optional() });
const Result = z.object({
  status: z.enum(['passed', 'failed', 'timedOut', 'skipped', 'interrupted']),
  duration: z.number(),
  startTime: z.iso.datetime(),
  errors: z.array(ReportError).default([]),
  error: ReportError.optional(),
  attachments: z.array(z.object({ name: z.string(), path: z.string().optional() })).default([]),
});
const Test = z.object({
  status: z.enum(['expected', 'unexpected', 'flaky', 'skipped']),
  projectName: z.string(),
  results: z.array(Result),
});
const Spec = z.object({ title: z.string(), file: z.string(), line: z.number(), tests: z.array(Test) });
const ReportSuite = z.object({
  title: z.string(),
  file: z.string().optional(),
  specs: z.array(Spec).default([]),
  get suites() {
    return z.array(ReportSuite).default([]);
  },
});

/** The part of Playwright's JSON report (1.65) that we use. */
export const PlaywrightReport = z.object({
  config: z.object({ rootDir: z.string() }),
  suites: z.array(ReportSuite).default([]),
  errors: z.array(ReportError).default([]),
});

export interface ParsedPlaywrightReport {
  tests: TestResult[];
  /** What was wrong outside any test: a file that cannot be loaded, a set-up that throws. */
  errors: string[];
}

const maximumText = 4000;
/** Of a file or a name: each test has its own copy of all that stands above it. */
const maximumName = 1000;
/** As many as a report may have: beyond that nobody reads it, and our memory is everybody's. */
const maximumTests = 20_000;

/** PURE. Playwright's JSON report of one shard, whatever the exit code. @throws SyntaxError, ZodError, RangeError for too many tests */
export function parsePlaywrightReport(content: string): ParsedPlaywrightReport {
  const report = PlaywrightReport.parse(JSON.parse(content));
  if (countTests(report.suites) > maximumTests) throw new RangeError(`a report has more than ${maximumTests} tests`);
  const root = insideInputs(report.config.rootDir).slice(0, maximumName);
  const tests = report.suites.flatMap((suite) => testsOf(suite, '', root));
  return { tests, errors: report.errors.map((error) => plain(error.message ?? 'error without a message')) };
}

function countTests(suites: z.infer<typeof ReportSuite>[]): number {
  return suites.reduce(
    (sum, suite) => sum + countTests(suite.suites) + suite.specs.reduce((own, spec) => own + spec.tests.length, 0),
    0,
  );
}

function testsOf(suite: z.infer<typeof ReportSuite>, parents: string, root: string): TestResult[] {
  // The outermost suite is the file itself.
  const above = suite.title === suite.file ? parents : nameOf(parents, suite.title);
  const own = suite.specs.flatMap((spec) => spec.tests.map((test) => resultOf(spec, test, above, root)));
  return [...own, ...suite.suites.flatMap((child) => testsOf(child, above, root))];
}

function nameOf(parents: string, title: string): string {
  return [parents, title].filter(Boolean).join(' › ').slice(0, maximumName);
}

function resultOf(spec: z.infer<typeof Spec>, test: z.infer<typeof Test>, parents: string, root: string): TestResult {
  const file = posix.join(root, spec.file).slice(0, maximumName);
  const name = nameOf(parents, spec.title);
  const attempts = test.results.map((result) => {
    const message = messageOf(result);
    const common = { startedAt: result.startTime, durationMs: result.duration, ...(message ? { message } : {}) };
    return { status: attemptStatus(result.status), ...common };
  });
  const status = statusOf(test);
  const red = test.results.findLast((result) => result.errors.length > 0 || result.status === 'timedOut');
  const message = red ? messageOf(red) : undefined;
  const evidence = red && status !== 'passed' ? evidenceOf(red) : [];
  return {
    id: ['e2e', file, name, test.projectName].join(':'),
    name,
    file,
    line: spec.line,
    project: test.projectName || null,
    status,
    durationMs: test.results.reduce((sum, result) => sum + result.duration, 0),
    attempts,
    ...(status === 'failed' || status === 'errored' ? { class: classOfMessage(message ?? '') } : {}),
    ...(status === 'flaky' ? { class: 'flaky' as const } : {}),
    ...(message && status !== 'passed' ? { message } : {}),
    ...(evidence.length > 0 ? { evidence } : {}),
  };
}

/** A test that was cut off when the suite was over its time says nothing about the application. */
function statusOf(test: z.infer<typeof Test>): TestResult['status'] {
  const last = test.results.at(-1)?.status;
  if (test.status === 'flaky') return 'flaky';
  if (test.status === 'expected') return 'passed';
  if (test.status === 'skipped') return last === 'interrupted' ? 'errored' : 'skipped';
  const infrastructure = test.results.every((result) => classOfMessage(messageOf(result) ?? '') === 'infrastructure');
  return last === 'interrupted' || infrastructure ? 'errored' : 'failed';
}

function attemptStatus(status: z.infer<typeof Result>['status']): TestResult['attempts'][number]['status'] {
  if (status === 'timedOut') return 'failed';
  return status === 'interrupted' ? 'errored' : status;
}

function messageOf(result: z.infer<typeof Result>): string | undefined {
  const texts = [...result.errors, ...(result.error ? [result.error] : [])].map((error) => plain(error.message ?? ''));
  return [...new Set(texts)].filter(Boolean).join('\n').slice(0, maximumText) || undefined;
}

/** The line of the test that failed, and where its trace and screenshot are among the artifacts. */
function evidenceOf(result: z.infer<typeof Result>): string[] {
  const snippet = result.error?.snippet ?? result.errors.find((error) => error.snippet)?.snippet;
  const attached = result.attachments.flatMap(({ name, path }) => {
    const inside = path?.split('/out/').at(-1);
    return inside ? [`${name}: ${inside}`] : [];
  });
  return [...(snippet ? [plain(snippet)] : []), ...attached];
}

/** `/work/in/scenarios/e2e` as the path in the repository. */
function insideInputs(rootDir: string): string {
  return `${rootDir}/`.split('/in/').slice(1).join('/in/').replace(/\/$/, '');
}

function plain(text: string): string {
  return stripVTControlCharacters(text).slice(0, maximumText);
}
