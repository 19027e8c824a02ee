/** Who can cure an error: the person who wrote the input, time, or us. */
export type Remedy = 'fix-input' | 'retry' | 'report-bug';

/** One thing that is wrong in a file that somebody wrote. Lines and columns count from 1. */
export interface Problem {
  file: string;
  line?: number;
  column?: number;
  message: string;
  suggestion?: string;
}

export interface RunErrorOptions {
  /** SCREAMING_SNAKE, listed in docs/error-codes.md. */
  code: string;
  remedy: Remedy;
  /** One sentence for the human who can act. */
  hint?: string;
  /** All problems at once, where the input is a file. */
  problems?: Problem[];
  /** Lines that show what happened: events, last log lines. Already bounded and redacted. */
  evidence?: string[];
  cause?: unknown;
}

/**
 * "We could not find out." Expected outcomes (a red test, a change that crashes) are values, never this.
 * @param doing what was being done, lowercase, with the offending value in quotes; never "failed to"
 */
export class RunError extends Error {
  readonly code: string;
  readonly remedy: Remedy;
  readonly hint: string | undefined;
  readonly problems: Problem[];
  readonly evidence: string[];

  constructor(doing: string, options: RunErrorOptions) {
    super(doing, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RunError';
    this.code = options.code;
    this.remedy = options.remedy;
    this.hint = options.hint;
    this.problems = options.problems ?? [];
    this.evidence = options.evidence ?? [];
  }
}

/** `greenroom.yaml:12:5: unknown key "servces" (did you mean "services"?)` */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return `${place}: ${problem.message}${problem.suggestion ? ` (${problem.suggestion})` : ''}`;
}

/** The chain of causes as one line, innermost last. */
export function explain(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && parts.length < 8) {
    if (!parts.includes(current.message)) parts.push(current.message);
    current = current.cause;
  }
  if (current !== undefined && !(current instanceof Error)) parts.push(String(current));
  return parts.join(': ');
}

/** Anything thrown, as a RunError: what we do not know is our bug. */
export function asRunError(error: unknown, doing: string): RunError {
  if (error instanceof RunError) return error;
  return new RunError(doing, { code: 'UNEXPECTED', remedy: 'report-bug', cause: error });
}
