import type pg from 'pg';
import { inTransaction } from './database.ts';

export interface OrderRequest {
  customer: string;
  address: string;
  items: { productId: number; quantity: number }[];
}

export interface Order {
  id: string;
  customer: string;
  address: string;
  totalCents: number;
  items: { name: string; quantity: number; priceCents: number }[];
}

export class OutOfStock extends Error {
  readonly productId: number;

  constructor(productId: number) {
    super(`product ${productId} is not in stock in that quantity`);
    this.productId = productId;
  }
}

/** What is wrong with a request for an order, all of it; empty when nothing is. */
export function orderProblems(body: unknown): string[] {
  const { customer, address, items } = (body ?? {}) as Partial<OrderRequest>;
  const problems: string[] = [];
  if (typeof customer !== 'string' || customer.trim() === '') problems.push('customer: a name is needed');
  if (typeof address !== 'string' || address.trim() === '') problems.push('address: where should it go?');
  if (!Array.isArray(items) || items.length === 0) problems.push('items: the basket is empty');
  for (const [index, item] of (Array.isArray(items) ? items : []).entries()) {
    if (!Number.isSafeInteger(item?.productId)) problems.push(`items[${index}].productId: a number is needed`);
    const quantity = Number(item?.quantity);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > 99) {
      problems.push(`items[${index}].quantity: 1 to 99`);
    }
  }
  return problems;
}

/** @throws OutOfStock; then nothing was ordered */
export async function placeOrder(database: pg.Pool, request: OrderRequest): Promise<string> {
  return inTransaction(database, async (client) => {
    const items: { productId: number; quantity: number; priceCents: number }[] = [];
    // In one order for everybody, so that two orders never wait for each other.
    for (const { productId, quantity } of request.items.toSorted((a, b) => a.productId - b.productId)) {
      const { rows } = await client.query<{ priceCents: number }>(
        'update products set stock = stock - $2 where id = $1 and stock >= $2 returning price_cents as "priceCents"',
        [productId, quantity],
      );
      const [taken] = rows;
      if (!taken) throw new OutOfStock(productId);
      items.push({ productId, quantity, priceCents: taken.priceCents });
    }
    const total = items.reduce((sum, item) => sum + item.quantity * item.priceCents, 0);
    const { rows } = await client.query<{ id: string }>(
      'insert into orders (customer, address, total_cents) values ($1, $2, $3) returning id',
      [request.customer.trim(), request.address.trim(), total],
    );
    const id = rows[0]?.id ?? '';
    for (const item of items) {
      await client.query(
        'insert into order_items (order_id, product_id, quantity, price_cents) values ($1, $2, $3, $4)',
        [id, item.productId, item.quantity, item.priceCents],
      );
    }
    return id;
  });
}

export async function findOrder(database: pg.Pool, id: string): Promise<Order | null> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return null;
  const { rows } = await database.query<Order>(
    `select o.id, o.customer, o.address, o.total_cents as "totalCents",
       (select json_agg(json_build_object('name', p.name, 'quantity', i.quantity, 'priceCents', i.price_cents) order by p.name)
        from order_items i join products p on p.id = i.product_id where i.order_id = o.id) as items
     from orders o where o.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}
