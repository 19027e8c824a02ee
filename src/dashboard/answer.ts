import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { contentSecurityPolicy, type Page, renderPage } from './layout.ts';

/** An address may hold the key to what it shows: it must not leave in a referrer. */
export const commonHeaders = { 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff' };

type Status = 200 | 401 | 404 | 502 | 503;

export function answerPage(context: Context, content: Page, status: Status = 200): Response {
  const text = renderPage(content);
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 24)}"`;
  const headers = { ...commonHeaders, 'Cache-Control': 'private, no-cache', ETag: etag };
  if (status === 200 && context.req.header('if-none-match') === etag) return context.body(null, 304, headers);
  return context.html(text, status, { ...headers, 'Content-Security-Policy': contentSecurityPolicy });
}

export function answerJson(context: Context, body: object, status: Status = 200): Response {
  return context.json(body, status, { ...commonHeaders, 'Cache-Control': 'no-store' });
}
