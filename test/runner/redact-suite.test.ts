import { expect, test } from 'vitest';
import { redactSuite } from '../../src/runner/redact-suite.ts';
import type { SuiteResult } from '../../src/suites/suite-result.ts';

const value = 'sk_live_51';

test('a suite keeps no secret in any of its texts, and everything else as it was', () => {
  const suite: SuiteResult = {
    name: 'smoke',
    kind: 'smoke',
    required: true,
    modified: false,
    status: 'failed',
    reason: `1 of 2 failed: ${value}`,
    failure: { class: 'test', code: 'SUITE_TIMEOUT', message: `over ${value}`, evidence: [`log ${value}`] },
    startedAt: '2026-01-01T00:00:10.000Z',
    durationMs: 2000,
    tests: [
      {
        id: `smoke ${value}`,
        name: `pays with ${value}`,
        file: 'smoke.yaml',
        line: 3,
        project: null,
        status: 'failed',
        durationMs: 20,
        attempts: [{ status: 'failed', durationMs: 20, message: `got ${value}` }],
        message: `expected 1, got ${value}`,
        evidence: [`body: ${value}`],
      },
    ],
    endpoints: [
      { name: `/pay?key=${value}`, method: 'GET', requests: 1, rps: 1, errorRate: 0, p50Ms: 1, p95Ms: 1, p99Ms: 1 },
    ],
    artifacts: [],
  };

  const redacted = redactSuite(suite, (text) => text.replaceAll(value, '[redacted]'));

  expect(JSON.stringify(redacted)).toBe(JSON.stringify(suite).replaceAll(value, '[redacted]'));
});
