import { basename, extname } from 'node:path';
import type { Context, Hono } from 'hono';
import { RunError } from '../errors.ts';
import type { ArtifactStore, KeptArtifact } from '../store/artifact-store.ts';
import { withoutTicket } from './access/gate.ts';
import { contentSecurityPolicy, renderPage } from './layout.ts';
import { sandboxedPage } from './sandboxed-page.ts';
import { tracePage } from './trace-page.ts';

/** What a browser may show; anything else is a download. Text of every kind is shown as text. */
const shown: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.webm': 'video/webm',
  '.mp4': 'video/mp4',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.log': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.ndjson': 'text/plain; charset=utf-8',
  '.xml': 'text/plain; charset=utf-8',
  '.csv': 'text/plain; charset=utf-8',
};

export interface ArtifactParts {
  artifacts: ArtifactStore;
  /** Where a page must be asked for instead, so that its own files are let through to it; null for where it was. */
  elsewhere: (context: Context) => Promise<string | null>;
}

/**
 * Serves what suites left behind. It is the work of a change: each answer is sandboxed into an origin of its own, where
 * its scripts run but see nothing of ours.
 */
export function serveArtifacts(app: Hono, { artifacts, elsewhere }: ArtifactParts): void {
  app.get('/runs/:id/artifacts/:path{.+}', async (context) => {
    const path = withoutTicket(context.req.param('path'));
    try {
      const found = await artifacts.open(context.req.param('id'), path, context.req.raw.signal);
      if (found === null) return context.text('There is no such file.', 404);
      if (path.endsWith('/trace/index.html')) return answerTrace(context);
      if (extname(path).toLowerCase() !== '.html') return await answer(context, path, found);
      const address = await elsewhere(context);
      if (address !== null) return context.redirect(address, 302);
      return await answerPage(context, found);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      // Strangers read it: the bucket's name is not theirs to know.
      return context.text(`The file cannot be read now (${error.code}).`, 503, { 'Retry-After': '30' });
    }
  });
}

/** Playwright's trace viewer needs a service worker, which no sandbox allows: its page is ours, and offers the trace. */
function answerTrace(context: Context): Response {
  const name = /[\w-]+\.zip(?=$|&)/.exec(context.req.query('trace') ?? '')?.[0];
  const headers = { 'Content-Security-Policy': contentSecurityPolicy, 'Referrer-Policy': 'no-referrer' };
  return context.html(renderPage(tracePage(name)), 200, headers);
}

async function answerPage(context: Context, found: KeptArtifact): Promise<Response> {
  const headers = headersFor(shown['.html']);
  headers.delete('Accept-Ranges');
  if (context.req.method === 'HEAD') return new Response(null, { headers });
  const { bytes, body } = await sandboxedPage(found);
  headers.set('Content-Length', String(bytes));
  return new Response(body, { headers });
}

function headersFor(type: string | undefined): Headers {
  return new Headers({
    'Content-Security-Policy': 'sandbox allow-scripts',
    'Content-Type': type ?? 'application/octet-stream',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    // A report's own pictures are asked for from its sandbox, which is another origin.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': 'private, max-age=3600',
    'Accept-Ranges': 'bytes',
  });
}

async function answer(context: Context, path: string, { bytes: size, read }: KeptArtifact): Promise<Response> {
  const type = shown[extname(path).toLowerCase()];
  const headers = headersFor(type);
  if (type === undefined)
    headers.set('Content-Disposition', `attachment; filename*=UTF-8''${encodeURIComponent(basename(path))}`);
  const range = rangeOf(context.req.header('range'), size);
  if (range === 'outside') {
    headers.set('Content-Range', `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const { from, to } = range ?? { from: 0, to: size - 1 };
  headers.set('Content-Length', String(Math.max(0, to - from + 1)));
  if (range !== null) headers.set('Content-Range', `bytes ${from}-${to}/${size}`);
  const empty = size === 0 || context.req.method === 'HEAD';
  const body = empty ? null : await read(from, to);
  return new Response(body, { status: range === null ? 200 : 206, headers });
}

/** One range, as a video asks for it; null for none or for several (the whole file is a right answer to those). */
export function rangeOf(header: string | undefined, size: number): { from: number; to: number } | 'outside' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const from = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const to = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return from > to || from >= size ? 'outside' : { from, to };
}
