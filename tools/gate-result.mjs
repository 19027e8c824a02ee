// What the gates add up to. `sumUp` is pure; its test is test/toolchain/gate-result.test.ts.
import { readFileSync } from 'node:fs';

/** Vitest's JSON report, or null when it was not written: vitest crashed. */
export function readVitestReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Every check and every test counts one. So does a test file that could not be read, and vitest itself when it crashed,
 * found nothing, or ended red for a reason that no test shows.
 * @param {{ title: string, code: number }[]} checks
 * @param {null | { numPassedTests: number, numFailedTests: number, numPendingTests?: number, testResults: object[] }} report
 * @param {number} code of vitest
 */
export function sumUp(checks, report, code) {
  const lines = [];
  const count = (title, red) => {
    if (red) lines.push(`failed: ${title}`);
    return red ? 1 : 0;
  };
  let failed = 0;
  for (const one of checks) failed += count(one.title, one.code !== 0);
  let passed = checks.length - failed;
  if (report === null) {
    failed += count(`vitest ended with ${code} and no report`, true);
    return { lines, passed, failed };
  }
  const redBefore = failed;
  const unread = report.testResults.filter((file) => file.status === 'failed' && !hasFailedTest(file));
  for (const file of unread) failed += count(`${file.name}: ${firstLine(file.message)}`, true);
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  failed += count('vitest found no tests', report.numPassedTests + report.numFailedTests === 0);
  failed += count(`vitest ended with ${code} although no test is red`, code !== 0 && failed === redBefore);
  const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  if (skipped > 0) lines.push(`${skipped} skipped`);
  return { lines, passed, failed };
}

function hasFailedTest(file) {
  return (file.assertionResults ?? []).some((test) => test.status === 'failed');
}

function firstLine(text) {
  return (text ?? 'could not be run').split('\n')[0];
}
