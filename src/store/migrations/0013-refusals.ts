import { type Kysely, sql } from 'kysely';

/** How often the forge refused what a delivery is about: other failures say nothing about whether it is there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table greenroom.deliveries add column refusals integer not null default 0').execute(db);
}
