import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import { explain, RunError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { answerPage } from '../answer.ts';
import type { Access } from './access.ts';
import { Attempt, beginSignIn, endSignIn } from './oauth.ts';
import { signInPage } from './sign-in-page.ts';

const attemptCookie = 'greenroom_sign_in';
const attemptMs = 10 * 60_000;

/** The ways in: the operator's token, or a forge that says who somebody is. */
export function signIn(access: Access, log: Log): Hono {
  const { sessions, sealer, forges, publicUrl } = access;
  const cookie = { path: '/sign-in', httpOnly: true, sameSite: 'Lax', secure: publicUrl.startsWith('https:') } as const;
  const callbackOf = (forge: string) => `${publicUrl}/sign-in/${forge}/callback`;
  const show = (context: Context, problem: string | null, status: 200 | 401 | 502 = 200) =>
    answerPage(
      context,
      signInPage({ access, visitor: access.visitorOf(context), next: nextOf(context.req.query('next')), problem }),
      status,
    );
  const app = new Hono();
  app.use('/sign-in', csrf({ origin: new URL(publicUrl).origin }));
  app.use('/sign-out', csrf({ origin: new URL(publicUrl).origin }));
  app.get('/sign-in', (context) => show(context, null));
  app.post('/sign-in', async (context) => {
    const { token } = await context.req.parseBody();
    if (typeof token !== 'string' || !sessions.isOperatorsToken(token.trim()))
      return show(context, 'This is not the token of this Greenroom.', 401);
    sessions.begin(context, { kind: 'operator' });
    return context.redirect(nextOf(context.req.query('next')), 303);
  });
  app.post('/sign-out', (context) => {
    sessions.end(context);
    return context.redirect('/sign-in', 303);
  });
  app.get('/sign-in/:forge', async (context) => {
    const forge = forges.find((one) => one.forge === context.req.param('forge'));
    if (forge === undefined) return context.notFound();
    const { url, attempt } = await beginSignIn(forge, callbackOf(forge.forge), nextOf(context.req.query('next')));
    const sealed = sealer.seal('sign-in', attempt, attemptMs);
    setCookie(context, attemptCookie, sealed, { ...cookie, maxAge: attemptMs / 1_000 });
    return context.redirect(url, 302);
  });
  app.get('/sign-in/:forge/callback', async (context) => {
    const forge = forges.find((one) => one.forge === context.req.param('forge'));
    if (forge === undefined) return context.notFound();
    const attempt = Attempt.safeParse(sealer.open('sign-in', getCookie(context, attemptCookie) ?? ''));
    deleteCookie(context, attemptCookie, cookie);
    if (!attempt.success) return show(context, 'It took too long, or was begun in another browser. Begin again.', 401);
    const back = new URL(`${callbackOf(forge.forge)}${new URL(context.req.url).search}`);
    try {
      const person = await endSignIn(forge, callbackOf(forge.forge), back, attempt.data);
      sessions.begin(context, { kind: 'person', ...person });
      return context.redirect(attempt.data.next, 303);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      log.warn({ error: explain(error) }, 'signing somebody in');
      return show(context, 'The forge did not say who you are. Begin again.', 502);
    }
  });
  return app;
}

/** An address of ours, whatever was asked for. PURE. */
export function nextOf(wish: string | undefined): string {
  const here = 'http://here.invalid';
  if (wish === undefined || !URL.canParse(wish, here)) return '/';
  const { origin, pathname, search } = new URL(wish, here);
  // `//elsewhere` as a path would lead there.
  return origin === here && !pathname.startsWith('//') ? `${pathname}${search}` : '/';
}
