import { createServer, type IncomingMessage, type Server } from 'node:http';
import type pg from 'pg';
import { welcomeCustomer } from './customers.ts';
import { log } from './log.ts';
import { findOrder, type OrderRequest, OutOfStock, orderProblems, placeOrder } from './orders.ts';
import { findProduct, searchProducts } from './products.ts';

interface Answer {
  status: number;
  body: unknown;
}

const bodyLimit = 64 * 1024;

export function createApi(database: pg.Pool): Server {
  return createServer(async (request, response) => {
    const startedMs = performance.now();
    const url = new URL(request.url ?? '/', 'http://api');
    const answer = await route(database, request, url).catch((error: unknown): Answer => {
      log('error', { path: url.pathname, message: error instanceof Error ? error.message : String(error) });
      return { status: 500, body: { error: 'something went wrong' } };
    });
    response.writeHead(answer.status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(answer.body));
    if (url.pathname === '/healthz' && answer.status === 200) return;
    const ms = Math.round((performance.now() - startedMs) * 10) / 10;
    log('request', { method: request.method, path: url.pathname, status: answer.status, ms });
  });
}

async function route(database: pg.Pool, request: IncomingMessage, url: URL): Promise<Answer> {
  const [collection = '', id] = url.pathname.slice(1).split('/').map(decodeURIComponent);
  switch (`${request.method} ${collection}${id === undefined ? '' : '/:id'}`) {
    case 'GET healthz':
      return healthz(database);
    case 'GET products':
      return { status: 200, body: await searchProducts(database, url.searchParams.get('q') ?? '') };
    case 'GET products/:id':
      return found(await findProduct(database, id ?? ''));
    case 'POST orders':
      return postOrder(database, await readJson(request));
    case 'GET orders/:id':
      return found(await findOrder(database, id ?? ''));
    case 'POST customers':
      return postCustomer(database, await readJson(request));
    default:
      return { status: 404, body: { error: 'no such resource' } };
  }
}

async function healthz(database: pg.Pool): Promise<Answer> {
  try {
    await database.query('select 1');
    return { status: 200, body: { status: 'ok' } };
  } catch (error) {
    return { status: 503, body: { status: 'no database', message: error instanceof Error ? error.message : '' } };
  }
}

async function postOrder(database: pg.Pool, body: unknown): Promise<Answer> {
  const problems = orderProblems(body);
  if (problems.length > 0) return { status: 400, body: { error: 'the order is not complete', problems } };
  try {
    const id = await placeOrder(database, body as OrderRequest);
    return { status: 201, body: await findOrder(database, id) };
  } catch (error) {
    if (error instanceof OutOfStock) return { status: 409, body: { error: error.message, problems: [] } };
    throw error;
  }
}

async function postCustomer(database: pg.Pool, body: unknown): Promise<Answer> {
  const name = (body as { name?: unknown } | null)?.name;
  if (typeof name !== 'string' || name.trim() === '') return { status: 400, body: { error: 'name: a name is needed' } };
  const customer = await welcomeCustomer(database, name.trim());
  if (customer === null) return { status: 503, body: { error: 'no such customer yet' } };
  return { status: 200, body: customer };
}

function found(body: unknown): Answer {
  return body === null ? { status: 404, body: { error: 'not found' } } : { status: 200, body };
}

/** The body as JSON, or null when it is none. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > bodyLimit) return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
