import type { SuiteResult } from '../suites/suite-result.ts';
import type { VerdictDocument } from './verdict-document.ts';

/** The forge's words for an end (a part of GitHub's; others map them). */
export type ConclusionWord = 'success' | 'failure' | 'neutral' | 'cancelled' | 'action_required';

export interface Conclusion {
  conclusion: ConclusionWord;
  /** Plain text on one line; not escaped, not cut. */
  title: string;
}

/** Codes of failures that wait for a person, and for nothing else. */
export const awaitingApproval = 'AWAITING_APPROVAL';

/** DESIGN, rule 4: every head ends concluded. Null while there is no verdict. PURE. */
export function conclusionOf(document: Pick<VerdictDocument, 'verdict' | 'reason' | 'failure'>): Conclusion | null {
  const { verdict, reason, failure } = document;
  const why = reason.replace(/\.$/, '');
  switch (verdict) {
    case null:
      return null;
    case 'passed':
      return { conclusion: 'success', title: why || 'Passed' };
    case 'flaky':
      return { conclusion: 'success', title: 'Passed after retry' };
    case 'failed':
      if (failure?.code === awaitingApproval) return { conclusion: 'action_required', title: `Waiting: ${lower(why)}` };
      return { conclusion: 'failure', title: `Failed: ${lower(why)}` };
    case 'errored':
      return { conclusion: 'failure', title: `Not tested: ${lower(why)}` };
    case 'cancelled':
      return { conclusion: 'cancelled', title: `Cancelled: ${lower(why)}` };
    case 'skipped':
      return { conclusion: 'neutral', title: `Skipped: ${lower(why)}` };
    default:
      return verdict satisfies never;
  }
}

/** One suite's own end; null while it goes on. An optional suite that is red says so without blocking. */
export function suiteConclusion(suite: SuiteResult): Conclusion | null {
  const red: ConclusionWord = suite.required ? 'failure' : 'neutral';
  switch (suite.status) {
    case 'pending':
    case 'running':
      return null;
    case 'passed':
      return { conclusion: 'success', title: `Passed: ${countWords(suite)}` };
    case 'flaky':
      return { conclusion: 'success', title: `Passed after retry: ${countWords(suite)}` };
    case 'failed':
      return { conclusion: red, title: `Failed: ${countWords(suite)}` };
    case 'errored':
      return { conclusion: red, title: `Not tested: ${suite.failure?.message ?? suite.reason ?? 'the suite broke'}` };
    case 'cancelled':
      return { conclusion: 'cancelled', title: `Cancelled: ${suite.reason ?? 'the run ended first'}` };
    case 'skipped':
      return { conclusion: 'neutral', title: `Skipped: ${suite.reason ?? 'nothing to run'}` };
    default:
      return suite.status satisfies never;
  }
}

/** `2 of 14 tests failed`, `14 tests`, `1,204 requests, p95 182 ms`. */
export function countWords({ tests, metrics, status, reason }: SuiteResult): string {
  const reds = tests.filter((test) => test.status === 'failed' || test.status === 'errored').length;
  const noun = tests.length === 1 ? 'test' : 'tests';
  if (reds > 0) return `${reds} of ${tests.length} ${noun} failed`;
  const crossed = (metrics?.thresholds ?? []).filter((threshold) => !threshold.ok);
  if (crossed.length > 0) return crossed.map((one) => `${one.metric} ${one.expression}`).join(', ');
  if (metrics) return `${metrics.requests.toLocaleString('en-US')} requests, p95 ${Math.round(metrics.p95Ms)} ms`;
  if (status === 'failed' && reason) return reason;
  return `${tests.length} ${noun}`;
}

function lower(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}
