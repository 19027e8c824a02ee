import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readBasket, readCookies, readSession } from './cookies.ts';
import { layout, style } from './layout.ts';
import { log } from './log.ts';
import { messagePage } from './pages.ts';
import { type Answer, handlers, missing, type Shop, type Visit } from './shop.ts';

const bodyLimit = 16 * 1024;
/** Nothing on our pages is foreign: no script, no frame, no form that posts elsewhere. */
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function createWeb(shop: Shop): Server {
  return createServer(async (request, response) => {
    const startedMs = performance.now();
    const url = new URL(request.url ?? '/', 'http://web');
    await respond(shop, request, response, url).catch((error: unknown) => {
      log('error', { path: url.pathname, message: error instanceof Error ? error.message : String(error) });
      send(response, emptyVisit(url), {
        status: 502,
        title: 'Sorry',
        page: messagePage('Sorry', 'Something went wrong on our side. Please try again.'),
      });
    });
    if (url.pathname === '/healthz') return;
    const ms = Math.round((performance.now() - startedMs) * 10) / 10;
    const agent = request.headers['user-agent'] ?? '';
    log('request', { method: request.method, path: url.pathname, status: response.statusCode, ms, agent });
  });
}

async function respond(shop: Shop, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  if (url.pathname === '/healthz') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    return;
  }
  if (url.pathname === '/style.css') {
    response.writeHead(200, { 'content-type': 'text/css', 'cache-control': 'max-age=3600' }).end(style);
    return;
  }
  const cookies = readCookies(request.headers.cookie);
  const visit: Visit = {
    url,
    form: new URLSearchParams(request.method === 'POST' ? await readBody(request) : ''),
    basket: readBasket(cookies.get('basket')),
    customer: readSession(cookies.get('session'), shop.sessionSecret),
  };
  send(response, visit, await answerTo(shop, request.method ?? 'GET', visit));
}

function answerTo(shop: Shop, method: string, visit: Visit): Promise<Answer> {
  const { pathname } = visit.url;
  const whole = handlers[`${method} ${pathname}`];
  if (whole) return whole(shop, visit, '');
  const [, folder = '', id = ''] = /^(\/[a-z]+)\/([^/]+)$/.exec(pathname) ?? [];
  const byId = handlers[`${method} ${folder}/:id`];
  return byId ? byId(shop, visit, id) : Promise.resolve(missing('There is no such page.'));
}

function send(response: ServerResponse, visit: Visit, answer: Answer): void {
  const headers = { 'set-cookie': answer.cookies ?? [], 'content-security-policy': policy };
  if ('redirect' in answer) {
    response.writeHead(303, { ...headers, location: answer.redirect }).end();
    return;
  }
  const basketCount = Object.values(visit.basket).reduce((sum, quantity) => sum + quantity, 0);
  const page = layout({ customer: visit.customer, basketCount }, answer.title, answer.page, answer.query);
  response.writeHead(answer.status, { ...headers, 'content-type': 'text/html; charset=utf-8' }).end(page.text);
}

function emptyVisit(url: URL): Visit {
  return { url, form: new URLSearchParams(), basket: {}, customer: null };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > bodyLimit) return '';
  }
  return text;
}
