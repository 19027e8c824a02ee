export interface Product {
  id: number;
  slug: string;
  name: string;
  description: string;
  priceCents: number;
  stock: number;
}

export interface Order {
  id: string;
  customer: string;
  address: string;
  totalCents: number;
  items: { name: string; quantity: number; priceCents: number }[];
}

export interface OrderRequest {
  customer: string;
  address: string;
  items: { productId: number; quantity: number }[];
}

export type OrderOutcome = { order: Order } | { problems: string[] };

export interface ApiClient {
  search(query: string): Promise<{ products: Product[]; total: number }>;
  product(slug: string): Promise<Product | null>;
  placeOrder(request: OrderRequest): Promise<OrderOutcome>;
  order(id: string): Promise<Order | null>;
  /** Null when the api does not let the customer in. */
  logIn(name: string): Promise<{ name: string } | null>;
}

const timeoutMs = 10_000;

export function createApiClient(url: string): ApiClient {
  async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(new URL(path, url), {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: answer.status, body: await answer.json() };
  }
  async function get<T>(path: string): Promise<T | null> {
    const { status, body } = await call('GET', path);
    if (status === 404) return null;
    if (status !== 200) throw new Error(`the api answered ${status} to GET ${path}`);
    return body as T;
  }
  return {
    search: async (query) => (await get(`/products?q=${encodeURIComponent(query)}`)) ?? { products: [], total: 0 },
    product: (slug) => get(`/products/${encodeURIComponent(slug)}`),
    order: (id) => get(`/orders/${encodeURIComponent(id)}`),
    placeOrder: async (request) => {
      const { status, body } = await call('POST', '/orders', request);
      if (status === 201) return { order: body as Order };
      const { error, problems } = body as { error: string; problems?: string[] };
      return { problems: problems?.length ? problems : [error] };
    },
    logIn: async (name) => {
      const { status, body } = await call('POST', '/customers', { name });
      return status === 200 ? (body as { name: string }) : null;
    },
  };
}
