import { humanDuration } from '../config/duration.ts';
import type { TestResult } from '../suites/suite-result.ts';

/** Failed and errored never share a sign: a red test is data, a broken tool is an error. */
const signs: Record<string, string> = {
  passed: '✅',
  flaky: '🔁',
  failed: '❌',
  errored: '⚠️',
  cancelled: '⏹️',
  skipped: '⏭️',
  running: '⏳',
  pending: '▫️',
};

export function signed(status: string): string {
  return `${signs[status] ?? '⚠️'} ${status}`;
}

export function timeWords(ms: number | null): string {
  return ms === null ? '' : humanDuration(ms);
}

/** `2026-01-01 14:05 UTC`: an instant, because what is written stands for hours. */
export function instantWords(at: number | string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 || value >= 10 ? value.toFixed(value >= 10 ? 1 : 0) : value.toFixed(2)} %`;
}

export function millis(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 100 || Number.isInteger(ms) ? Math.round(ms) : ms.toFixed(1)} ms`;
}

export function count(value: number): string {
  if (Math.abs(value) < 1) return value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
  return value.toLocaleString('en-US', { maximumFractionDigits: value >= 100 ? 0 : 1 });
}

export function isRed(test: TestResult): boolean {
  return test.status === 'failed' || test.status === 'errored';
}
