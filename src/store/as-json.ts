import { type RawBuilder, sql } from 'kysely';

/**
 * A value for a jsonb column. PostgreSQL's jsonb refuses NUL and lone surrogates, which a change can put into any
 * test name or log line: they become the replacement character, so that a hostile title cannot make a run unsavable.
 */
export function asJson<T>(value: T): RawBuilder<T> {
  return sql<T>`${jsonText(value)}::jsonb`;
}

/** The same as text, for a query that is compiled once. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return maybeRefused.test(text) ? JSON.stringify(value, (_key, part: unknown) => storable(part)) : text;
}

/** Their escapes in JSON; a value without them, nearly every one, needs no second look. */
const maybeRefused = /\\u0000|\\ud[89a-f]/;

export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

function storable(part: unknown): unknown {
  if (typeof part === 'string') return storableText(part);
  if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
  if (Object.keys(part).every((key) => storableText(key) === key)) return part;
  return Object.fromEntries(Object.entries(part).map(([key, inner]) => [storableText(key), inner]));
}
