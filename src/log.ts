import type { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

export type Log = Logger;

const redactedPaths = ['*.token', '*.secret', '*.password', '*.authorization', 'headers.authorization', '*.privateKey'];

/**
 * Structured log lines on `destination`; `log.child({ runId })` travels by argument. Messages are static, data is metadata.
 * @param redact takes secrets out of a whole line, wherever in it they stand
 */
export function createLog(level: string, destination: Writable, redact = (line: string) => line): Log {
  const redacted = { write: (line: string) => destination.write(redact(line)) };
  return pino({ level, base: null, redact: { paths: redactedPaths, censor: '[redacted]' } }, redacted);
}

/** A log that says nothing, for tests and tools. */
export function silentLog(): Log {
  return pino({ level: 'silent' });
}
