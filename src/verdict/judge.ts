import type { SuiteResult, VerdictWord } from '../suites/suite-result.ts';
import { demandsOnChange, sentenceOf, suiteFailure } from './suite-failure.ts';
import type { Failure } from './verdict-document.ts';

export interface Evidence {
  suites: readonly SuiteResult[];
  /** The application did not get ready, or its own container broke: with the class that the cluster's evidence gives. */
  notReady: Failure | null;
  /** We could not find out: cluster, registry, forge, or Greenroom itself. */
  error: Failure | null;
  /** One sentence on why the run ends early, such as "replaced by a newer commit"; null when it does not. */
  cancelled: string | null;
  /** The change breaks a rule of its base (DESIGN, rule 5) or brings a `greenroom.yaml` with problems. */
  gate: Failure | null;
  /** Suites that the base requires and the change lacks. */
  missingRequired: readonly string[];
  /** Required suites that this run was told to leave out, and that nobody has results of for this commit. */
  notRun: readonly string[];
  /** Why nothing was to be tested, by rule; null when something was. */
  skipped: string | null;
}

export interface Judgement {
  verdict: VerdictWord;
  /** One sentence. */
  reason: string;
  failure: Failure | null;
}

/**
 * The verdict contract (DESIGN). What is certain wins over what is not known: a required suite that failed makes the run
 * `failed` even when another could not be told, because no retry cures it. Nothing tested is `errored`, never passed. PURE.
 */
export function judge(evidence: Evidence): Judgement {
  const { cancelled, skipped, gate, notReady, error } = evidence;
  if (cancelled !== null) return { verdict: 'cancelled', reason: sentence(cancelled), failure: null };
  if (skipped !== null) return { verdict: 'skipped', reason: sentence(skipped), failure: null };
  if (gate) return failed(gate);
  if (notReady?.class === 'product' || notReady?.class === 'test') return failed(notReady);
  if (error) return errored(error);
  if (notReady) return errored(notReady);
  return judgeSuites(evidence);
}

function judgeSuites({ suites, missingRequired, notRun }: Evidence): Judgement {
  const required = suites.filter((suite) => suite.required);
  const broken = required.find(demandsOnChange);
  if (broken) return failed(suiteFailure(broken), others(suites, broken));
  if (missingRequired.length > 0) return failed(missingFailure(missingRequired));
  if (suites.length === 0) return errored(emptyFailure());
  const unknown = required.find((suite) => !isGreen(suite));
  if (unknown) return errored(suiteFailure(unknown), others(suites, unknown));
  if (notRun.length > 0) return errored(notRunFailure(notRun));
  const optional = sentenceOf(suites.filter((suite) => !suite.required && !isGreen(suite)));
  const flaky = required.filter((suite) => suite.status === 'flaky').map((suite) => `"${suite.name}"`);
  if (flaky.length > 0) {
    return { verdict: 'flaky', reason: sentence(`passed after retry in ${flaky.join(', ')}`, optional), failure: null };
  }
  return { verdict: 'passed', reason: sentence(passedWords(required.length), optional), failure: null };
}

/** A suite that says it passed and shows nothing for it proves nothing. */
export function isGreen(suite: SuiteResult): boolean {
  const proves = suite.tests.some((test) => test.status !== 'skipped') || (suite.metrics?.requests ?? 0) > 0;
  return (suite.status === 'passed' || suite.status === 'flaky') && proves;
}

function passedWords(count: number): string {
  if (count === 0) return 'no suite is required, so none stands against this change';
  return count === 1 ? 'the required suite passed' : `all ${count} required suites passed`;
}

function others(suites: readonly SuiteResult[], named: SuiteResult): string {
  return sentenceOf(suites.filter((suite) => suite !== named && !isGreen(suite)));
}

function failed(failure: Failure, more = ''): Judgement {
  return { verdict: 'failed', reason: sentence(failure.message, more), failure };
}

function errored(failure: Failure, more = ''): Judgement {
  return { verdict: 'errored', reason: sentence(failure.message, more), failure };
}

function missingFailure(names: readonly string[]): Failure {
  const list = names.map((name) => `"${name}"`).join(', ');
  return {
    class: 'product',
    code: 'REQUIRED_SUITE_MISSING',
    message: `the change lacks the required ${names.length === 1 ? 'suite' : 'suites'} ${list}`,
    remedy: 'Bring the suite back, or let a person with write permission approve this commit.',
    evidence: [],
  };
}

function emptyFailure(): Failure {
  return {
    class: 'infrastructure',
    code: 'NOTHING_TESTED',
    message: 'no suite ran, so nothing is known about this change',
    remedy: 'Run it again; if that gives the same, report it.',
    evidence: [],
  };
}

function notRunFailure(names: readonly string[]): Failure {
  const list = names.map((name) => `"${name}"`).join(', ');
  return {
    class: 'environment',
    code: 'PARTIAL_RUN',
    message: `what ran passed, but ${list} ${names.length === 1 ? 'was' : 'were'} not part of this run`,
    remedy: 'Ask for all suites with "/greenroom redeploy".',
    evidence: [],
  };
}

/** First letter large, one full stop, the rest behind it. */
function sentence(text: string, more = ''): string {
  const trimmed = text.trim().replace(/[.\s]+$/, '');
  const whole = more === '' ? trimmed : `${trimmed}; ${more}`;
  return `${whole.charAt(0).toUpperCase()}${whole.slice(1)}.`;
}
