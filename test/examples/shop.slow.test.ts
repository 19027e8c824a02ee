import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../store/postgres-server.ts';
import { aShop, type RunningShop, runShop } from './shop.ts';

let postgres: PostgresServer;
const endings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function shop(broken: string): Promise<RunningShop> {
  const { folder, remove } = await aShop(broken);
  endings.push(remove);
  const running = await runShop(folder, await postgres.freshDatabase());
  endings.push(running.stop);
  return running;
}

/** A browser's part: forms and cookies. */
class Visitor {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  async open(path: string, form?: Record<string, string>): Promise<{ status: number; text: string; path: string }> {
    const answer = await fetch(new URL(path, this.#url), {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      this.#cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location !== null) return this.open(location);
    return { status: answer.status, text: await answer.text(), path };
  }
}

describe('the shop as it is', () => {
  let whole: RunningShop;
  let removeWhole: () => Promise<void>;

  beforeAll(async () => {
    const { folder, remove } = await aShop(null);
    removeWhole = remove;
    whole = await runShop(folder, await postgres.freshDatabase());
  });
  afterAll(async () => {
    await whole.stop();
    await removeWhole();
  });

  test('sells: search, product, basket, log-in, checkout, confirmation', async () => {
    const { url, apiUrl } = whole;
    const visitor = new Visitor(url);

    const found = await visitor.open('/search?q=oak+bookshe');
    const product = await visitor.open('/products/oak-bookshelf');
    await visitor.open('/basket', { slug: 'oak-bookshelf' });
    const basket = await visitor.open('/basket', { slug: 'oak-bookshelf' });
    const home = await visitor.open('/login', { name: 'Ada <Lovelace>' });
    const checkout = await visitor.open('/checkout');
    const thanks = await visitor.open('/checkout', { customer: 'Ada', address: '12 St James’s Square' });

    expect(found.text).toContain('1 product<');
    expect(product.text).toContain('In stock');
    expect(basket.text).toContain('Basket (2)');
    expect(home.text).toContain('Hello, Ada &#60;Lovelace&#62;');
    expect(checkout.text).toContain('value="Ada &#60;Lovelace&#62;"');
    expect(thanks.path).toMatch(/^\/orders\/[0-9a-f-]{36}$/);
    expect(thanks.text).toContain('2 × Oak bookshelf');
    const order = await fetch(new URL(thanks.path, apiUrl)).then((answer) => answer.json());
    expect(order).toMatchObject({ customer: 'Ada', items: [{ name: 'Oak bookshelf', quantity: 2 }] });
  });

  test('takes stock with every order, and refuses one that it cannot fill', async () => {
    const { apiUrl } = whole;
    const before = await fetch(`${apiUrl}/products/moss-umbrella`).then((answer) => answer.json());
    const item = { productId: before.id, quantity: 99 };

    const orders: number[] = [];
    for (let index = 0; index <= Math.ceil(before.stock / 99); index += 1) {
      const body = JSON.stringify({ customer: 'Ada', address: 'London', items: [item] });
      orders.push((await fetch(`${apiUrl}/orders`, { method: 'POST', body })).status);
    }

    const after = await fetch(`${apiUrl}/products/moss-umbrella`).then((answer) => answer.json());
    expect(after.stock).toBe(before.stock % 99);
    expect(orders.at(-1)).toBe(409);
    expect(orders[0]).toBe(201);
  });

  test.each([
    ['/orders', 'not JSON', 400],
    ['/orders', '{"items":[{"productId":"x","quantity":0}]}', 400],
    ['/customers', '{}', 400],
  ])('answers a bad POST %s %s with %d', async (path, body, status) => {
    const { apiUrl } = whole;

    expect((await fetch(apiUrl + path, { method: 'POST', body })).status).toBe(status);
  });

  test('can be prepared twice, logs each request and ends on SIGTERM', async () => {
    const { folder, remove } = await aShop(null);
    endings.push(remove);
    const database = await postgres.freshDatabase();
    await (await runShop(folder, database)).stop();
    const running = await runShop(folder, database);
    await fetch(`${running.url}/products/nothing`);

    const codes = await running.stop();

    expect(codes).toEqual([0, 0]);
    const requests = running.lines.filter((line) => line.event === 'request').map(({ path, status }) => [path, status]);
    expect(requests).toEqual([
      ['/products/nothing', 404],
      ['/products/nothing', 404],
    ]);
  });
});

describe('the shop broken by', () => {
  test('broken-checkout refuses the order, and says why', async () => {
    const visitor = new Visitor((await shop('broken-checkout')).url);
    await visitor.open('/basket', { slug: 'oak-bookshelf' });

    const refused = await visitor.open('/checkout', { customer: 'Ada', address: 'London' });

    expect(refused.status).toBe(422);
    expect(refused.text).toContain('items[0].quantity: 1 to 99');
  });

  test('flaky-login loses the first log-in of a customer, and only the first', async () => {
    const { url } = await shop('flaky-login');

    const first = await new Visitor(url).open('/login', { name: 'Ada' });
    const second = await new Visitor(url).open('/login', { name: 'Ada' });

    expect([first.status, second.status]).toEqual([422, 200]);
  });

  test('slow-search makes searching slow, and nothing else', async () => {
    const { url, lines } = await shop('slow-search');
    const visitor = new Visitor(url);

    await visitor.open('/');
    await visitor.open('/search?q=lamp');

    const took = (path: string) => lines.findLast((line) => line.event === 'request' && line.path === path)?.ms;
    await expect.poll(() => took('/search')).toBeGreaterThan(2490);
    expect(took('/')).toBeLessThan(2490);
  });

  test('crash-loop ends web at its start with one clear line', async () => {
    await expect(shop('crash-loop')).rejects.toThrow('web/src/main.ts ended with 1');
  });
});
