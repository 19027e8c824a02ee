import { Readable } from 'node:stream';
import { type Context, Hono } from 'hono';
import type { AppRegistrations } from './app-registrations.ts';
import type { ArchiveTickets } from './content-operations.ts';
import { spawnGit } from './git.ts';
import { serveGit } from './git-http.ts';
import type { Happenings } from './happenings.ts';
import { oauthPages } from './oauth-pages.ts';
import { pullPage } from './pull-page.ts';
import { registrationPages } from './registration-pages.ts';
import { type RestApiParts, restApi } from './rest-api.ts';

export interface WebSiteParts extends RestApiParts {
  tickets: ArchiveTickets;
  happenings: Happenings;
  registrations: AppRegistrations;
}

/** Everything that the stand-in serves: the API, archives, git itself, and a page for people. */
export function webSite(parts: WebSiteParts): Hono {
  const { world } = parts;
  const site = new Hono();
  site.route('/api/v3', restApi(parts));
  site.get('/codeload/:owner/:repo/legacy.tar.gz/:sha', (context) => archive(parts, context));
  site.route('/', registrationPages(parts.registrations, world));
  site.route('/', oauthPages(world, parts.authentication));
  site.get('/:owner/:repo/pull/:number', async (context) => {
    const { owner, repo, number } = context.req.param();
    const repository = world.repository(`${owner}/${repo}`);
    const pull = repository && world.pull(repository, Number(number));
    if (!pull) return context.text('Not Found', 404);
    context.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src * data:");
    return context.html(await pullPage(world, pull));
  });
  site.all('/:owner/:repo{[^/]+\\.git}/*', async (context) => {
    const { owner, repo } = context.req.param();
    const name = repo.replace(/\.git$/, '');
    const repository = world.repository(`${owner}/${name}`);
    if (!repository) return context.text('Not Found', 404);
    const path = context.req.path.slice(`/${owner}/${repo}`.length);
    return serveGit(world, repository, path, context, (user) => parts.happenings.noticePushes(repository, user));
  });
  return site;
}

/** GitHub's archives live on another host, which must never be shown the App's token. */
function archive({ tickets, violations }: WebSiteParts, context: Context): Response {
  if (context.req.header('authorization') !== undefined)
    violations.push('codeload: was sent the credentials of the API');
  const ticket = context.req.query('token') ?? '';
  const found = tickets.get(ticket);
  if (!found) return context.text('Not Found', 404);
  tickets.delete(ticket);
  const { repository, sha } = found;
  const prefix = `${repository.owner.login}-${repository.name}-${sha.slice(0, 7)}/`;
  const child = spawnGit(repository.git.folder, ['archive', '--format=tar.gz', `--prefix=${prefix}`, sha]);
  child.stderr.resume();
  child.stdin.end();
  return new Response(Readable.toWeb(child.stdout) as ReadableStream, {
    headers: { 'content-type': 'application/x-gzip' },
  });
}
