import type { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

export type Log = Logger;

const redactedPaths = ['*.token', '*.secret', '*.password', '*.authorization', 'headers.authorization', '*.privateKey'];

/** Structured log lines on `destination`; `log.child({ runId })` travels by argument. Messages are static, data is metadata. */
export function createLog(level: string, destination: Writable): Log {
  return pino({ level, base: null, redact: { paths: redactedPaths, censor: '[redacted]' } }, destination);
}

/** A log that says nothing, for tests and tools. */
export function silentLog(): Log {
  return pino({ level: 'silent' });
}
