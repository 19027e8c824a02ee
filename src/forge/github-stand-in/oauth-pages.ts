import { createHash, randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Authentication } from './authenticate.ts';
import type { User, World } from './world.ts';

interface Code {
  user: User;
  redirectUri: string;
  challenge: string;
  until: number;
}

const goodForMs = 600_000;
const incorrect = {
  error: 'incorrect_client_credentials',
  error_description: 'The client_id and/or client_secret is incorrect.',
};
const bad = { error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' };

/** Signing in with the App: a person is asked, a code goes back with them, and the code becomes their token, once. */
export function oauthPages(world: World, authentication: Authentication): Hono {
  const codes = new Map<string, Code>();
  const pages = new Hono();
  pages.get('/login/oauth/authorize', (context) => {
    const { redirect_uri: redirectUri = '', client_id: id } = context.req.query();
    if (id !== world.app.clientId) return context.text('Not Found', 404);
    if (!world.app.callbackUrls.includes(redirectUri))
      return context.text('The redirect_uri is not associated with this application.', 400);
    const people = [...world.users.values()].filter(({ type }) => type === 'User');
    return context.html(html`<!doctype html>
<html lang="en">
<title>Authorize ${world.app.name}</title>
<h1>Authorize ${world.app.name}</h1>
<form method="post">${people.map(({ login }) => html`<button name="login" value="${login}">as ${login}</button>`)}</form>
</html>`);
  });
  pages.post('/login/oauth/authorize', async (context) => {
    const { login } = await context.req.parseBody();
    const { redirect_uri: redirectUri = '', state = '', code_challenge: challenge = '' } = context.req.query();
    const user = world.users.get(String(login).toLowerCase());
    if (!user || !world.app.callbackUrls.includes(redirectUri)) return context.text('Not Found', 404);
    const code = randomBytes(10).toString('hex');
    codes.set(code, { user, redirectUri, challenge, until: world.now().getTime() + goodForMs });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', state);
    return context.redirect(back.href);
  });
  // What goes wrong is said with 200, as GitHub does.
  pages.post('/login/oauth/access_token', async (context) => {
    const form = await context.req.parseBody();
    if (form.client_id !== world.app.clientId || form.client_secret !== world.app.clientSecret)
      return answer(context, incorrect);
    const found = codes.get(String(form.code));
    codes.delete(String(form.code));
    const challenge = createHash('sha256').update(String(form.code_verifier)).digest('base64url');
    const isGood = found && found.until > world.now().getTime() && found.challenge === challenge;
    if (!isGood || found.redirectUri !== form.redirect_uri) return answer(context, bad);
    return answer(context, {
      access_token: authentication.issueUserToken(found.user),
      token_type: 'bearer',
      scope: '',
    });
  });
  return pages;
}

function answer(context: Context, body: Record<string, string>): Response {
  if (context.req.header('accept')?.includes('application/json')) return context.json(body);
  return context.text(new URLSearchParams(body).toString(), 200, {
    'content-type': 'application/x-www-form-urlencoded',
  });
}
