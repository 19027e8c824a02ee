import { type RawBuilder, sql } from 'kysely';

/**
 * One of our own words, written into the text of a query instead of beside it: an index on a part of a table is found by the
 * word that it names, and a query that is compiled once keeps finding it. Never a value from elsewhere.
 */
export function word<Word extends string>(value: Word): RawBuilder<Word> {
  return sql.lit(value) as RawBuilder<Word>;
}
