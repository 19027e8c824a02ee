import type { V1Pod } from '@kubernetes/client-node';
import { apiGet } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { SuiteResult, TestResult } from '../suites/suite-result.ts';

/** One line that a container of the application logged. */
export interface ApplicationLine {
  atMs: number;
  /** Pod and container. */
  source: string;
  text: string;
}

const bytesPerContainer = 1024 * 1024;
const linesPerTest = 20;
const lineLength = 240;
/** The verdict must not wait long for what only helps to understand it. */
const readingMs = 20_000;
/** Logs that happen to be JSON stay text. */
const plain = 'text/plain, */*';
/** Clocks of nodes differ a little, and a request is logged when it ends. */
const marginMs = 1_000;
const telling = /\b(error|fatal|exception|panic|unhandled|refused|timed? ?out)\b|"status":[45]\d\d|\b5\d\d\b/i;

/** What the application's containers have logged since an instant, in order of time. A container that cannot be read has no lines. */
export async function applicationLines(
  kubernetes: Kubernetes,
  namespace: string,
  since: Date,
  now: Date,
): Promise<ApplicationLine[]> {
  const sinceSeconds = Math.max(1, Math.ceil((now.getTime() - since.getTime()) / 1000) + 1);
  const signal = AbortSignal.timeout(readingMs);
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const { items } = await apiGet<{ items: V1Pod[] }>(kubernetes, pods, signal);
  const logs = await Promise.all(
    items.flatMap((pod) =>
      (pod.spec?.containers ?? []).map(async ({ name: container }) => {
        const name = pod.metadata?.name ?? '';
        const query = `container=${container}&sinceSeconds=${sinceSeconds}&timestamps=true&limitBytes=${bytesPerContainer}`;
        const text = await apiGet<string>(kubernetes, `${pods}/${name}/log?${query}`, signal, plain).catch(() => '');
        return parseLines(text, `${name}/${container}`);
      }),
    ),
  );
  return logs.flat().sort((a, b) => a.atMs - b.atMs);
}

/** PURE. `2026-01-01T00:00:00.123456789Z text`, as the kubelet writes them with timestamps. */
export function parseLines(log: string, source: string): ApplicationLine[] {
  return log.split('\n').flatMap((line) => {
    const space = line.indexOf(' ');
    const atMs = Date.parse(line.slice(0, space));
    return space < 0 || Number.isNaN(atMs) ? [] : [{ atMs, source, text: line.slice(space + 1) }];
  });
}

/** PURE. Each red test with what the application logged while it ran: telling lines first choice, the last ones otherwise. */
export function withApplicationLog(
  suite: SuiteResult,
  lines: readonly ApplicationLine[],
  redact: (text: string) => string,
): SuiteResult {
  const tests = suite.tests.map((test): TestResult => {
    if (test.status !== 'failed' && test.status !== 'errored') return test;
    const found = linesOf(test, lines).map(({ source, text }) => redact(`${source}: ${text}`).slice(0, lineLength));
    // Whoever took the run over finds again what a player before it has found.
    const evidence = found.filter((line) => !test.evidence?.includes(line));
    return evidence.length === 0 ? test : { ...test, evidence: [...(test.evidence ?? []), ...evidence] };
  });
  return { ...suite, tests };
}

function linesOf(test: TestResult, lines: readonly ApplicationLine[]): ApplicationLine[] {
  const windows = test.attempts.flatMap(({ startedAt, durationMs }) => {
    const start = startedAt === undefined ? Number.NaN : Date.parse(startedAt);
    return Number.isNaN(start) ? [] : [{ from: start - marginMs, to: start + durationMs + marginMs }];
  });
  const inside = lines.filter(({ atMs }) => windows.some(({ from, to }) => atMs >= from && atMs <= to));
  const chosen = inside.filter(({ text }) => telling.test(text));
  return (chosen.length > 0 ? chosen : inside).slice(-linesPerTest);
}
