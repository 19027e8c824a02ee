import type { ApiClient, OrderRequest } from './api-client.ts';
import { type Basket, cookie, writeBasket, writeSession } from './cookies.ts';
import type { Html } from './html.ts';
import {
  type BasketLine,
  basketPage,
  checkoutPage,
  loginPage,
  messagePage,
  orderPage,
  productList,
  productPage,
} from './pages.ts';

/** One request, taken apart. */
export interface Visit {
  url: URL;
  form: URLSearchParams;
  basket: Basket;
  customer: string | null;
}

/** A page to show, or a place to go to; and what the browser should remember. */
export type Answer =
  | { status: number; title: string; page: Html; query?: string; cookies?: string[] }
  | { redirect: string; cookies?: string[] };

export interface Shop {
  api: ApiClient;
  sessionSecret: string;
}

type Handler = (shop: Shop, visit: Visit, id: string) => Promise<Answer>;

/** What the shop answers to; `:id` stands for the rest of the path. */
export const handlers: Readonly<Record<string, Handler>> = {
  'GET /': async ({ api }) => {
    const { products, total } = await api.search('');
    return { status: 200, title: 'Everything', page: productList('Everything', products, total) };
  },
  'GET /search': async ({ api }, { url }) => {
    const query = (url.searchParams.get('q') ?? '').slice(0, 100);
    const { products, total } = await api.search(query);
    return { status: 200, title: 'Search', page: productList(`Results for “${query}”`, products, total), query };
  },
  'GET /products/:id': async ({ api }, _, slug) => {
    const product = await api.product(slug);
    if (product === null) return missing('There is no such product.');
    return { status: 200, title: product.name, page: productPage(product) };
  },
  'GET /basket': async ({ api }, { basket }) => ({
    status: 200,
    title: 'Basket',
    page: basketPage(await linesOf(api, basket)),
  }),
  'POST /basket': async ({ api }, { form, basket }) => {
    const product = await api.product(form.get('slug') ?? '');
    if (product === null) return missing('There is no such product.');
    const quantity = (basket[product.slug] ?? 0) + 1;
    return { redirect: '/basket', cookies: [writeBasket({ ...basket, [product.slug]: quantity })] };
  },
  'POST /basket/remove': async (_, { form, basket }) => {
    const { [form.get('slug') ?? '']: __, ...kept } = basket;
    return { redirect: '/basket', cookies: [writeBasket(kept)] };
  },
  'GET /checkout': async ({ api }, { basket, customer }) => {
    const lines = await linesOf(api, basket);
    if (lines.length === 0) return { redirect: '/basket' };
    return { status: 200, title: 'Check out', page: checkoutPage(lines, customer ?? '', '', []) };
  },
  'POST /checkout': placeOrder,
  'GET /orders/:id': async ({ api }, _, id) => {
    const order = await api.order(id);
    if (order === null) return missing('There is no such order.');
    return { status: 200, title: 'Thank you', page: orderPage(order) };
  },
  'GET /login': async () => ({ status: 200, title: 'Log in', page: loginPage([]) }),
  'POST /login': logIn,
  'POST /logout': async () => ({ redirect: '/', cookies: [cookie('session', '')] }),
};

async function placeOrder({ api }: Shop, { form, basket }: Visit): Promise<Answer> {
  const lines = await linesOf(api, basket);
  const request: OrderRequest = {
    customer: form.get('customer') ?? '',
    address: form.get('address') ?? '',
    items: lines.map(({ product, quantity }) => ({ productId: product.id, quantity })),
  };
  const outcome = await api.placeOrder(request);
  if ('order' in outcome) return { redirect: `/orders/${outcome.order.id}`, cookies: [writeBasket({})] };
  const page = checkoutPage(lines, request.customer, request.address, outcome.problems);
  return { status: 422, title: 'Check out', page };
}

async function logIn({ api, sessionSecret }: Shop, { form }: Visit): Promise<Answer> {
  const name = (form.get('name') ?? '').trim().slice(0, 80);
  const customer = name === '' ? null : await api.logIn(name);
  if (customer === null) return { status: 422, title: 'Log in', page: loginPage(['Please try once more.']) };
  return { redirect: '/', cookies: [writeSession(customer.name, sessionSecret)] };
}

async function linesOf(api: ApiClient, basket: Basket): Promise<BasketLine[]> {
  const products = await Promise.all(Object.keys(basket).map((slug) => api.product(slug)));
  return products.flatMap((product) => (product ? [{ product, quantity: basket[product.slug] ?? 1 }] : []));
}

export function missing(text: string): Answer {
  return { status: 404, title: 'Not found', page: messagePage('Not found', text) };
}
