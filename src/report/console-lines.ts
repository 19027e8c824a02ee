import type { SuiteResult } from '../suites/suite-result.ts';
import { countWords } from '../verdict/conclusion.ts';
import type { PhaseRecord, VerdictDocument } from '../verdict/verdict-document.ts';
import { clip, plainLine } from './escape.ts';
import { fenceWords } from './fence-words.ts';
import { isRed, timeWords } from './words.ts';

export interface ConsoleStyle {
  columns: number;
  color: boolean;
}

const marks: Record<string, { sign: string; color: number }> = {
  passed: { sign: '✓', color: 32 },
  flaky: { sign: '↻', color: 33 },
  failed: { sign: '✗', color: 31 },
  errored: { sign: '!', color: 35 },
  cancelled: { sign: '■', color: 90 },
  skipped: { sign: '–', color: 90 },
  running: { sign: '▸', color: 36 },
  pending: { sign: '·', color: 90 },
};

/** The run as a person at a terminal sees it now: phases and suites with times. PURE. */
export function liveLines(document: VerdictDocument, nowMs: number, style: ConsoleStyle): string[] {
  const phases = document.phases.filter((phase) => phase.name !== 'done' && phase.status !== 'skipped');
  const lines = phases.flatMap((phase) => {
    const own = line(phase.status, phase.name, elapsed(phase, nowMs), '', 0, style);
    if (phase.name !== 'testing') return [own];
    return [own, ...document.suites.map((suite) => suiteLine(suite, nowMs, style))];
  });
  return lines;
}

function suiteLine(suite: SuiteResult, nowMs: number, style: ConsoleStyle): string {
  const live = suite.status === 'pending' || suite.status === 'running';
  const what = suite.failure?.message ?? (live && suite.tests.length === 0 ? '' : countWords(suite));
  return line(suite.status, suite.name, elapsed(suite, nowMs), what, 2, style);
}

function line(status: string, name: string, time: string, what: string, indent: number, style: ConsoleStyle): string {
  const { sign, color } = marks[status] ?? { sign: '?', color: 35 };
  const text = `${plainLine(name, 30).padEnd(24 - indent)} ${time.padStart(12)}  ${plainLine(what)}`;
  const cut = clip(text.trimEnd(), Math.max(10, style.columns - indent - 3));
  return `${' '.repeat(indent)}${paint(sign, color, style)} ${cut}`;
}

/** What is new since `previous`, one plain line each: for logs and pipes. PURE. */
export function newsLines(previous: VerdictDocument | null, next: VerdictDocument): string[] {
  const phases = next.phases
    .filter((phase) => phase.name !== 'done' && changed(phase, previous?.phases))
    .map((phase) => plain(phase.name, phase.status, phase.durationMs, ''));
  const suites = next.suites
    .filter((suite) => changed(suite, previous?.suites))
    .map((suite) => {
      const live = suite.status === 'running';
      return plain(
        `suite ${suite.name}`,
        suite.status,
        suite.durationMs,
        suite.failure?.message ?? (live ? '' : countWords(suite)),
      );
    });
  return [...phases, ...suites];
}

function changed<T extends { name: string; status: string }>(now: T, before: readonly T[] | undefined): boolean {
  if (now.status === 'pending' || now.status === 'skipped') return false;
  return before?.find((record) => record.name === now.name)?.status !== now.status;
}

function plain(name: string, status: string, durationMs: number | null, what: string): string {
  const time = durationMs === null ? '' : ` ${timeWords(durationMs)}`;
  return `${plainLine(name, 60)}: ${status}${time}${what === '' ? '' : `, ${plainLine(what)}`}`;
}

/** The last word: verdict, what was red, the remedy, where to read more. PURE. */
export function verdictLines(document: VerdictDocument, reportUrl: string | null, style: ConsoleStyle): string[] {
  const { verdict, reason, failure, teardown } = document;
  if (verdict === null) return [];
  const { color } = marks[verdict] ?? { color: 35 };
  const reds = document.suites.flatMap((suite) =>
    suite.tests.filter(isRed).map((test) => {
      const place = test.file === null ? '' : ` (${test.file}${test.line === null ? '' : `:${test.line}`})`;
      return `  ${plainLine(`${suite.name}: ${test.name}${place}`)}${test.message ? `\n    ${plainLine(test.message, 400)}` : ''}`;
    }),
  );
  const evidence = (failure?.code === 'SUITE_FAILED' ? [] : (failure?.evidence ?? [])).slice(0, 12);
  const { created, gone } = resources(document);
  const fences = fenceWords({ trusted: true, document });
  return [
    `${paint(verdict.toUpperCase(), color, style)}  ${plainLine(reason, 600)}`,
    ...reds.slice(0, 20),
    ...evidence.map((entry) => `  ${plainLine(entry, 400)}`),
    ...(failure ? [`Whose fault: ${failure.class}. ${plainLine(failure.remedy, 400)}`] : []),
    ...(fences === null ? [] : [`Note: ${plainLine(fences, 600)}`]),
    ...(teardown.status === 'gone' ? [`Receipt: ${gone} of ${created} resources gone.`] : []),
    ...teardown.blockedBy.map((entry) => `Blocked: ${plainLine(entry, 400)}`),
    ...(reportUrl === null ? [] : [`Report: ${reportUrl}`]),
  ];
}

function resources({ teardown }: VerdictDocument): { created: number; gone: number } {
  return teardown.resources;
}

function elapsed(record: Pick<PhaseRecord, 'startedAt' | 'durationMs'>, nowMs: number): string {
  if (record.durationMs !== null) return timeWords(record.durationMs);
  return record.startedAt === null ? '' : timeWords(Math.max(0, nowMs - Date.parse(record.startedAt)));
}

function paint(text: string, color: number, { color: colored }: ConsoleStyle): string {
  return colored ? `\u001b[${color}m${text}\u001b[0m` : text;
}
