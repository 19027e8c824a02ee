import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { ConsoleReporter } from '../../src/report/console.ts';
import { broadcast, type Reporter } from '../../src/report/reporter.ts';
import { aRun, aSuite, redTest } from './builders.ts';

const { signal } = new AbortController();
const phases = aRun().document.phases.map((phase, index) =>
  index === 0 ? { ...phase, status: 'passed' as const, durationMs: 1500 } : phase,
);
const done = {
  phase: 'done' as const,
  phases,
  verdict: 'failed' as const,
  reason: 'Suite "shopping" failed 1 of 1 test.',
  failure: { class: 'product' as const, code: 'SUITE_FAILED', message: 'm', remedy: 'Change the code.', evidence: [] },
  suites: [aSuite({ status: 'failed', tests: [redTest({ message: '\u001b[31mno button\u001b[0m' })] })],
};

function aStream(isTTY: boolean) {
  const written: string[] = [];
  return { written, stream: { isTTY, columns: 60, write: (text: string) => written.push(text) } };
}

test('a broken reporter loses only its own report, and nothing rejects', async () => {
  const heard: string[] = [];
  const problems: string[] = [];
  const reporters: Reporter[] = [
    {
      name: 'throws',
      report: () => {
        throw new Error('now');
      },
    },
    { name: 'rejects', report: () => Promise.reject(new Error('later')) },
    { name: 'works', report: async (run) => void heard.push(run.id) },
  ];

  await broadcast(reporters, aRun(), {
    signal,
    onProblem: (name) => {
      problems.push(name);
      throw new Error('deaf');
    },
  });

  expect([heard, problems]).toEqual([['r1'], ['throws', 'rejects']]);
});

test('without a terminal each change of state is one plain line, once', async () => {
  const { written, stream } = aStream(false);
  const reporter = new ConsoleReporter({
    stream,
    now: () => new Date(0),
    reportUrl: () => 'http://greenroom.test/runs/r1',
  });
  const running = aRun({ phases, suites: [aSuite({ status: 'running', durationMs: null })] });

  await reporter.report(running);
  await reporter.report(running);
  await reporter.report(aRun(done));
  await reporter.report(aRun(done));

  expect(written.join('')).toMatchInlineSnapshot(`
    "queued: passed 1.5 s
    suite shopping: running
    suite shopping: failed 48.2 s, 1 of 1 test failed

    FAILED  Suite "shopping" failed 1 of 1 test.
      shopping: checkout › pays by card (scenarios/e2e/checkout.spec.ts:42)
        no button
    Whose fault: product. Change the code.
    Report: http://greenroom.test/runs/r1
    "
  `);
});

test('on a terminal the run is redrawn in place, within its width, and the clock stops at the end', async () => {
  const { written, stream } = aStream(true);
  const reporter = new ConsoleReporter({ stream, now: () => new Date('2026-01-01T00:00:12Z'), color: false });

  await reporter.report(
    aRun({ phase: 'testing', suites: [aSuite({ name: 'x'.repeat(63), status: 'running', durationMs: null })] }),
  );
  await reporter.report(aRun(done));

  const [first = '', second = ''] = written;
  const lines = stripVTControlCharacters(first)
    .split('\n')
    .filter((line) => line !== '');
  expect(lines.every((line) => line.length <= 60)).toBe(true);
  expect(lines.join('\n')).toContain('2.0 s');
  expect(second.startsWith(`\u001b[${lines.length}A`)).toBe(true);
  expect(written.join('')).toContain('FAILED  Suite "shopping" failed 1 of 1 test.');
});
