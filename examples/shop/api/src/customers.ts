import type pg from 'pg';

export interface Customer {
  id: number;
  name: string;
}

/** The customer of that name; one who comes for the first time is written down. */
export async function welcomeCustomer(database: pg.Pool, name: string): Promise<Customer | null> {
  const known = await database.query<Customer>('select id::int, name from customers where name = $1', [name]);
  if (known.rows[0]) return known.rows[0];
  const added = await database.query<Customer>(
    'insert into customers (name) values ($1) on conflict (name) do update set name = excluded.name returning id::int, name',
    [name],
  );
  return added.rows[0] ?? null;
}
