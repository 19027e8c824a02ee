import { exitCodeOfVerdict, exitCodes } from '../exit-codes.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';

/** Failures that lie in a file or a word that somebody wrote, before anything could be tested. */
const inputCodes = new Set([
  'CONFIG_INVALID',
  'CONFIG_MISSING',
  'UNKNOWN_SUITE',
  'APPLICATION_INVALID',
  'IMAGE_REFERENCE_INVALID',
]);

export function isInputCode(code: string): boolean {
  return inputCodes.has(code);
}

/** The exit code of a command that validates. */
export function exitCodeOfDocument({ verdict, failure }: VerdictDocument): number {
  if (verdict === null) return exitCodes.bug;
  if (verdict === 'failed' && failure !== null && isInputCode(failure.code)) return exitCodes.fixInput;
  if (verdict === 'errored' && failure?.code === 'UNEXPECTED') return exitCodes.bug;
  return exitCodeOfVerdict(verdict);
}
