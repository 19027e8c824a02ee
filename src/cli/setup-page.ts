import { timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { AppCredentials } from '../forge/github/register-app.ts';

export interface SetupPageParts {
  /** Where the form goes, with the state in it. */
  registrationAddress: string;
  manifest: () => object;
  /** Nobody but who was sent to GitHub from here knows it. */
  state: string;
  /** Called once, with what GitHub sent the person back with; it rejects where the code is no good. */
  onCode: (code: string) => Promise<AppCredentials>;
}

const headers = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The two pages of the set-up: one that sends the person to GitHub, one to come back to. Served to this machine alone. */
export function setupPage({ registrationAddress, manifest, state, onCode }: SetupPageParts): Hono {
  const app = new Hono();
  let isTaken = false;
  // A name that somebody points at this address must not reach it.
  app.use(async (context, next) => {
    const { hostname } = new URL(context.req.url);
    if (hostname !== '127.0.0.1' && hostname !== 'localhost') return context.text('Ask for 127.0.0.1.', 403);
    await next();
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  });
  app.get('/', (context) =>
    context.html(
      page(
        'Greenroom: make the GitHub App',
        html`<p>GitHub shows the App's name and asks you to confirm it. Then it sends you back here.</p>
<form method="post" action="${registrationAddress}">
<input type="hidden" name="manifest" value="${JSON.stringify(manifest())}">
<button>Make the App at ${new URL(registrationAddress).host}</button>
</form>`,
      ),
    ),
  );
  app.get('/callback', async (context) => {
    const { code = '', state: returned = '' } = context.req.query();
    if (!isSame(returned, state) || !/^[\w-]{1,200}$/.test(code)) {
      return context.html(
        page('This is not the answer that was waited for', html`<p><a href="/">Begin again</a></p>`),
        400,
      );
    }
    if (isTaken)
      return context.html(page('The App is made already', html`<p>The terminal says how it goes on.</p>`), 409);
    isTaken = true;
    try {
      const made = await onCode(code);
      const install = `${made.page}/installations/new`;
      return context.html(
        page(
          `The App "${made.name}" is made`,
          html`<p>Next: <a href="${install}">install it on your repositories</a>.</p>`,
        ),
      );
    } catch {
      return context.html(page('GitHub gave no credentials', html`<p>The terminal says why.</p>`), 502);
    }
  });
  return app;
}

function page(title: string, body: ReturnType<typeof html>) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>`;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
