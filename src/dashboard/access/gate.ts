import type { Context, MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { RunError } from '../../errors.ts';
import { runById } from '../../store/runs.ts';
import type { Store } from '../../store/store.ts';
import { answerJson, answerPage } from '../answer.ts';
import type { Page } from '../layout.ts';
import { html } from '../markup.ts';
import type { Access } from './access.ts';

const Ticket = z.object({ runId: z.string() });
/** A report that is open for longer is asked for again. */
const ticketMs = 3_600_000;

/** Lets those through to a run, `:id`, who may see it. What is not there and what is not for somebody's eyes look the same. */
export function gate(access: Access, store: Store): MiddlewareHandler {
  return async (context, next) => {
    const id = context.req.param('id') ?? '';
    if (ticketOf(access, id, context.req.path) === 'good') return next();
    const visitor = access.visitorOf(context);
    if (visitor.kind === 'operator') return next();
    try {
      const run = await runById(store, id);
      if (run !== null && (await access.maySee(visitor, run))) return next();
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      context.header('Retry-After', '30');
      return refused(context, 503, `The forge cannot say now who may read this (${error.code}).`, awayPage);
    }
    if (visitor.kind === 'person')
      return refused(context, 404, 'There is no such run, or it is not yours to read.', missingPage);
    context.header('WWW-Authenticate', 'Bearer');
    return refused(context, 401, 'Sign in, or send a token.', strangerPage(new URL(context.req.url)));
  };
}

function refused(context: Context, status: 401 | 404 | 503, message: string, shown: Page): Response {
  const isForPeople = context.req.header('accept')?.includes('text/html') === true;
  return isForPeople ? answerPage(context, shown, status) : answerJson(context, { message }, status);
}

/**
 * A report asks for its own pictures from a sandbox, which has no cookies: its address itself says that somebody was let in,
 * for an hour and for that run's files alone. The report may read it, and has those files already.
 * @returns the address to go on at, or null where none is needed
 */
export async function withTicket(access: Access, store: Store, context: Context): Promise<string | null> {
  const { pathname, search } = new URL(context.req.url);
  const id = context.req.param('id') ?? '';
  if (ticketOf(access, id, pathname) === 'good') return null;
  const run = await runById(store, id);
  if (run === null || (await access.isForEverybody(run).catch(() => false))) return null;
  const ticket = access.sealer.seal('artifacts', { runId: id } satisfies z.infer<typeof Ticket>, ticketMs);
  return `${pathname.replace('/artifacts/', `/artifacts/~${ticket}/`)}${search}`;
}

/** An address, or a file's path in it, without its ticket. PURE. */
export function withoutTicket(path: string): string {
  return path.replace(/(^|^\/runs\/[^/]+\/artifacts\/)~[^/]*\//, '$1');
}

function ticketOf(access: Access, runId: string, path: string): 'none' | 'good' | 'bad' {
  const text = /^\/runs\/[^/]+\/artifacts\/~([^/]*)\//.exec(path)?.[1];
  if (text === undefined) return 'none';
  const ticket = Ticket.safeParse(access.sealer.open('artifacts', text));
  return ticket.success && ticket.data.runId === runId ? 'good' : 'bad';
}

function strangerPage({ pathname, search }: URL): Page {
  const next = encodeURIComponent(`${withoutTicket(pathname)}${search}`);
  return {
    title: 'Sign in · Greenroom',
    sections: [
      html`<section><h1>Sign in to see this</h1><div class="card"><p>It belongs to a repository that not everybody may read, or it is not there.</p><p><a href="/sign-in?next=${next}">Sign in</a></p></div></section>`,
    ],
    live: null,
  };
}

export const missingPage: Page = {
  title: 'No such run · Greenroom',
  sections: [
    html`<section><h1>There is no such run</h1><p>Its address may be mistyped, it is older than this Greenroom keeps runs, or it belongs to a repository that you may not read. <a href="/sign-in">Who you are here</a></p></section>`,
  ],
  live: null,
};

const awayPage: Page = {
  title: 'Not now · Greenroom',
  sections: [
    html`<section><h1>Not now</h1><p>The forge cannot say at the moment who may read this. Try again in a minute.</p></section>`,
  ],
  live: null,
};
