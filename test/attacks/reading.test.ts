import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { SuiteConfig } from '../../src/config/repository-config.ts';
import { type NumberedLine, NumberedReader } from '../../src/kubernetes/follow-log.ts';
import { assembleResult } from '../../src/suites/assemble-result.ts';
import type { PlannedSuite } from '../../src/suites/planned-suite.ts';
import { readOutputFile } from '../../src/suites/read-output-file.ts';
import { boundTexts } from '../../src/suites/redact-result.ts';
import { noPackages } from '../../src/suites/suite-packages.ts';
import type { SuiteResult } from '../../src/suites/suite-result.ts';
import { Finished } from '../../src/suites/suite-task.ts';
import { readingAttempts } from './attempts.ts';
import { tryAttempts } from './try-attempts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'greenroom-attacks-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const end = {
  ...{ outcome: 'completed' as const, exitCode: 0, signal: null, startedAt: 1_800_000_000_000 },
  ...{ finishedAt: 1_800_000_001_000, problem: null, outputTail: '', outOfMemory: false },
};

/** What becomes of a suite whose pod has left this. */
function resultOf(kind: SuiteConfig['kind'], outputs: Record<string, string>): SuiteResult {
  const config = SuiteConfig.parse({ name: 'attacker', kind, path: 'suite' });
  const suite = { config, modified: true, packages: noPackages, timeoutMs: 1000 } as PlannedSuite;
  for (const [name, text] of Object.entries(outputs)) writeFileSync(join(folder, name), text);
  const readOutput = (name: string) => (name in outputs ? readOutputFile(join(folder, name), 1) : null);
  const shards = [{ finished: end, failure: null, readOutput }];
  const result = assembleResult({
    suite,
    failure: null,
    shards,
    artifacts: [],
    startedAt: null,
    durationMs: 1,
    overlapped: [],
  });
  return boundTexts(result);
}

function linesOf(chunks: Iterable<string>): NumberedLine[] {
  const lines: NumberedLine[] = [];
  const reader = new NumberedReader({ onLine: (line) => lines.push(line), isLast: (line) => line.kind === 'finished' });
  for (const chunk of chunks) reader.add(Buffer.from(chunk));
  return lines;
}

const numbered = (seq: number, kind: string) => `${JSON.stringify({ seq, t: 1_800_000_000_000, kind })}\n`;

/** As a shard of a load suite sends it. */
function load(histogram: string, seconds: object[] = []): string {
  const endpoint = { name: 'home', method: 'GET', requests: 1, errors: 0, histogram, seconds };
  return JSON.stringify({ endpoints: [endpoint], selectors: {}, firstAt: 1, lastAt: 2, thresholds: [] });
}

/** A histogram's two envelopes, with this many bytes of counts that are nothing. */
function histogram(digits: number, bytes: number, counts: number[] = []): string {
  const payload = Buffer.alloc(40 + bytes);
  Buffer.from(counts).copy(payload, 40);
  payload.writeInt32BE(0x1c849313, 0);
  payload.writeInt32BE(bytes, 4);
  payload.writeInt32BE(digits, 12);
  payload.writeBigInt64BE(1n, 16);
  payload.writeBigInt64BE(2n ** 52n, 24);
  const packed = deflateSync(payload);
  const header = Buffer.alloc(8);
  header.writeInt32BE(0x1c849314, 0);
  header.writeInt32BE(packed.length, 4);
  return Buffer.concat([header, packed]).toString('base64');
}

const unreadable = { status: 'errored', failure: { code: 'SUITE_RESULTS_UNREADABLE' } };

function* times<T>(count: number, value: (index: number) => T): Generator<T> {
  for (let index = 0; index < count; index++) yield value(index);
}

describe("reading a suite's last words", () => {
  tryAttempts(readingAttempts, {
    'endless-line': () => {
      const piece = 'x'.repeat(64 * 1024);
      const begun = performance.now();
      const lines = linesOf([
        numbered(1, 'hello'),
        '{"seq":2,',
        ...times(500, () => piece),
        `"}\n${numbered(3, 'warm')}`,
      ]);

      expect(lines.map((line) => line.seq)).toEqual([1, 3]);
      expect(performance.now() - begun).toBeLessThan(5_000);
    },
    'many-lines': () => {
      const last = numbered(202_001, 'finished');
      const lines = linesOf([
        ...times(202, (batch) => [...times(1000, (one) => numbered(batch * 1000 + one + 1, 'notice'))].join('')),
        last,
      ]);

      expect(lines.length).toBe(200_001);
      expect(lines.at(-1)?.kind).toBe('finished');
    },
    instant: () => {
      expect(Finished.safeParse(end).success).toBe(true);
      for (const startedAt of [1e300, -1, 8.65e15])
        expect(Finished.safeParse({ ...end, startedAt }).success).toBe(false);
      expect(Finished.safeParse({ ...end, finishedAt: 1e300 }).success).toBe(false);
    },
    bomb: () => {
      expect(resultOf('load', { 'load.json': load(histogram(3, 2048)) }).status).toBe('passed');
      expect(resultOf('load', { 'load.json': load(histogram(3, 8 * 1024 * 1024)) })).toMatchObject(unreadable);
    },
    counts: () => {
      const begun = performance.now();
      const many = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];

      expect(resultOf('load', { 'load.json': load(histogram(3, 16, many)) })).toMatchObject(unreadable);
      expect(performance.now() - begun).toBeLessThan(5_000);
    },
    digits: () => expect(resultOf('load', { 'load.json': load(histogram(5, 2048)) })).toMatchObject(unreadable),
    large: () => {
      const path = join(folder, 'load.json');
      const outputs = { 'load.json': load(histogram(3, 2048)) };
      const small = resultOf('load', outputs);
      const readOutput = () => {
        truncateSync(path, 65 * 1024 * 1024);
        return readOutputFile(path, 1);
      };

      expect(small.status).toBe('passed');
      expect(readOutput).toThrow(/at most 67108864 are read/);
      truncateSync(path, 10 * 1024 * 1024);
      expect(() => readOutputFile(path, 20)).toThrow(RangeError);
    },
    deep: () => {
      const suites = `${'{"title":"a","suites":['.repeat(100_000)}${']}'.repeat(100_000)}`;
      const report = `{"config":{"rootDir":"/work/in/e2e"},"suites":[${suites}]}`;

      expect(resultOf('e2e', { 'playwright.json': report })).toMatchObject(unreadable);
    },
    texts: () => {
      const long = 'x'.repeat(1024 * 1024);
      const attempt = { status: 'failed', startedAt: '2026-01-01T00:00:00Z', durationMs: 1, message: long };
      const report = JSON.stringify({ total: 1, outcomes: [{ name: long, line: 1, attempts: [attempt] }] });
      const result = resultOf('smoke', { 'smoke.json': report });

      expect(result.status).toBe('failed');
      expect(JSON.stringify(result).length).toBeLessThan(50_000);
    },
    'many-tests': () => {
      const test = { status: 'expected', projectName: '', results: [] };
      const specs = (count: number) => [...times(count, () => ({ title: 'a', file: 'a', line: 1, tests: [test] }))];
      const reportOf = (count: number) =>
        JSON.stringify({
          config: { rootDir: '/work/in/e2e' },
          suites: [{ title: 'x'.repeat(1024 * 1024), specs: specs(count) }],
        });
      const some = resultOf('e2e', { 'playwright.json': reportOf(2000) });

      expect([some.status, some.tests.length]).toEqual(['passed', 2000]);
      expect(some.tests.every((one) => one.name.length <= 1000 && one.id.length <= 4096)).toBe(true);
      expect(resultOf('e2e', { 'playwright.json': reportOf(20_001) })).toMatchObject(unreadable);
    },
    'many-seconds': () => {
      const one = histogram(3, 16);
      const secondsOf = (count: number) => [
        ...times(count, (second) => ({ second, requests: 1, errors: 0, histogram: one })),
      ];
      const [some, many] = [100, 50_001].map((count) => resultOf('load', { 'load.json': load(one, secondsOf(count)) }));

      expect(some?.endpoints?.[0]?.series).toHaveLength(100);
      expect(many).toMatchObject({ status: 'passed', endpoints: [{ name: 'home', requests: 1 }] });
      expect(many?.endpoints?.[0]).not.toHaveProperty('series');
    },
    prototype: () => {
      const text = load(histogram(3, 2048)).replace(
        '"selectors":{}',
        '"selectors":{"__proto__":{"polluted":1},"constructor":{"type":"","count":0,"sum":0,"nonZero":0,"min":null,"max":null,"last":0}}',
      );

      expect(resultOf('load', { 'load.json': text }).status).toBe('passed');
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
    },
  });
});
