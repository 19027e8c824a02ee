import type pg from 'pg';

export interface Product {
  id: number;
  slug: string;
  name: string;
  description: string;
  priceCents: number;
  stock: number;
}

const columns = 'id::int, slug, name, description, price_cents as "priceCents", stock';
const pageSize = 24;

/** Products that have every word of `query`, by its beginning; all of them for an empty one. At most 24. */
export async function searchProducts(
  database: pg.Pool,
  query: string,
): Promise<{ products: Product[]; total: number }> {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const wanted = words.map((word) => `${word}:*`).join(' & ');
  const { rows } = await database.query<Product & { total: number }>(
    `select ${columns}, (count(*) over ())::int as total
     from products
     where $1 = '' or words @@ to_tsquery('simple', $1)
     order by name limit ${pageSize}`,
    [wanted],
  );
  return { products: rows.map(({ total: _, ...product }) => product), total: rows[0]?.total ?? 0 };
}

export async function findProduct(database: pg.Pool, slug: string): Promise<Product | null> {
  const { rows } = await database.query<Product>(`select ${columns} from products where slug = $1`, [slug]);
  return rows[0] ?? null;
}
