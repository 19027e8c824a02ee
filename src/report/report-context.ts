import type { SuiteResult } from '../suites/suite-result.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';

/** Plain texts. */
export interface Warning {
  title: string;
  text: string;
}

/** What a report shows beside the run's own document. */
export interface ReportContext {
  /** Where Greenroom is reached, without a trailing slash. */
  publicUrl: string;
  /** What the newest finished run of the base branch found, where there is one. */
  base?: { sha: string; suites: readonly SuiteResult[] } | null;
  /** Sentences that a reader would not expect, such as "approved to go without ...". Plain text. */
  notes?: readonly string[];
  /** What nobody may miss: before the check's title, and right below the comment's headline. */
  warning?: Warning | null;
  /** Position among the runs that wait (from 1), while it waits; `startsAt` in milliseconds since the epoch, where it can be foreseen. */
  queue?: { position: number; of: number; startsAt: number | null } | null;
}

/** `, 2 of 5 in the queue, begins at about 14:05 UTC`: an instant, because what is written stands for minutes. PURE. */
export function waitingWords({ queue }: ReportContext): string {
  if (!queue) return '';
  const at = queue.startsAt === null ? null : new Date(queue.startsAt).toISOString().slice(11, 16);
  return `, ${queue.position} of ${queue.of} in the queue${at === null ? '' : `, begins at about ${at} UTC`}`;
}

export function runUrl(document: VerdictDocument, { publicUrl }: ReportContext): string {
  return `${publicUrl}/runs/${document.run.id}`;
}

/** Only our own paths become links; anything else in `href` is shown as text. */
export function artifactUrl(href: string, { publicUrl }: ReportContext): string | null {
  if (!/^\/runs\/[^\s()<>"'`\\[\]]+$/.test(href) || href.includes('..')) return null;
  return `${publicUrl}${href}`;
}

/** The command that runs this again on a laptop, as a reader types it. */
export function reproduceCommand(document: VerdictDocument, suite: string | null): string {
  const { repository, change } = document.run;
  const target = change === null ? '.' : `${repository}#${change}`;
  return `greenroom run ${target}${suite === null ? '' : ` --suite ${suite}`}`;
}
