import type { CompiledQuery, DialectAdapter, Kysely } from 'kysely';
import type { Reader } from './store.ts';
import type { Tables } from './tables.ts';

/** Stands for one of the values while a query is compiled. */
class Place {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/**
 * A query that is asked every other second: built and compiled with its first use on an engine, from then on only its values
 * change. Building one takes longer than an answer from an index.
 * @param build called once, with what stands for the values: it may put them into the query, and look at none of them
 */
export function prepared<Values extends readonly unknown[], Row>(
  build: (db: Kysely<Tables>, ...values: Values) => { compile(): CompiledQuery<Row> },
): (reader: Reader, ...values: Values) => Promise<Row[]> {
  const known = new WeakMap<DialectAdapter, CompiledQuery<Row>>();
  return async ({ db }, ...values) => {
    const { adapter } = db.getExecutor();
    let query = known.get(adapter);
    if (query === undefined) {
      query = build(db, ...(values.map((_, index) => new Place(index)) as unknown as Values)).compile();
      known.set(adapter, query);
    }
    const parameters = query.parameters.map((one) => (one instanceof Place ? values[one.index] : one));
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}
