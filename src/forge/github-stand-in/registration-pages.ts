import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { AppRegistrations } from './app-registrations.ts';
import { GitHubRefusal } from './authenticate.ts';
import type { User, World } from './world.ts';

/** Where a form with a manifest is sent to, and where the person then says yes. */
export function registrationPages(registrations: AppRegistrations, world: World): Hono {
  const pages = new Hono();
  const proposal = async (context: Context, owner: User | undefined) => {
    if (!owner) return context.text('Not Found', 404);
    const { manifest } = await context.req.parseBody();
    const { ticket, name } = registrations.propose(owner, String(manifest), context.req.query('state') ?? '');
    return context.html(html`<!doctype html>
<html lang="en">
<title>Create GitHub App for ${owner.login}</title>
<h1>Create GitHub App for ${owner.login}</h1>
<p>${name}</p>
<form method="post" action="/settings/apps/manifest/${ticket}"><button>Create GitHub App</button></form>
</html>`);
  };
  pages.post('/settings/apps/new', (context) => proposal(context, world.app.owner));
  pages.post('/organizations/:organization/settings/apps/new', (context) =>
    proposal(context, world.users.get(context.req.param('organization').toLowerCase())),
  );
  pages.post('/settings/apps/manifest/:ticket', async (context) =>
    context.redirect(await registrations.confirm(context.req.param('ticket'))),
  );
  pages.onError((error, context) =>
    error instanceof GitHubRefusal
      ? context.text(error.message, error.status as 422)
      : context.text('The stand-in broke', 500),
  );
  return pages;
}
