import { mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { boundLogs, lastLines, openLog, partLog, startLogs } from '../../src/cluster/node/part-log.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'greenroom-log-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a log over its limit is kept once and goes on empty, also for a writer that has it open', () => {
  startLogs(folder, ['etcd']);
  const open = openLog(folder, 'etcd');
  writeSync(open, 'x'.repeat(101));

  boundLogs(folder, ['etcd'], 100);
  writeSync(open, 'after\n');

  expect(readFileSync(partLog(folder, 'etcd'), 'utf8')).toBe('after\n');
  expect(readFileSync(`${partLog(folder, 'etcd')}.previous`, 'utf8')).toHaveLength(101);
});

test('a new start keeps the log of the one before, and no older one', () => {
  for (const content of ['first', 'second', 'third']) {
    startLogs(folder, ['etcd']);
    writeFileSync(partLog(folder, 'etcd'), content);
  }

  startLogs(folder, ['etcd']);

  expect(lastLines(partLog(folder, 'etcd'), 1)).toEqual([]);
  expect(lastLines(`${partLog(folder, 'etcd')}.previous`, 1)).toEqual(['third']);
});

test('the last lines are the last ones, cut to a length that fits a report', () => {
  startLogs(folder, ['etcd']);
  writeFileSync(partLog(folder, 'etcd'), `${'early\n'.repeat(10_000)}${'y'.repeat(1000)}\nlast\n`);

  const lines = lastLines(partLog(folder, 'etcd'), 2);

  expect(lines).toEqual(['y'.repeat(500), 'last']);
});
