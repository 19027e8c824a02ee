import { type Caller, GitHubRefusal, type Grant } from './authenticate.ts';
import type { PullRequest, Repository, World } from './world.ts';

/** One request, as an operation sees it. */
export interface Call {
  world: World;
  caller: Caller;
  params: Record<string, string>;
  query: Record<string, string>;
  /** The parsed JSON; undefined where nothing was sent. Already judged against GitHub's description. */
  body: unknown;
  url: URL;
  accept: string;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Sent as it is instead of `body`. */
  raw?: { contentType: string; content: Buffer };
}

/** One operation of GitHub's API that the stand-in knows. */
export interface Operation {
  /** `GET /repos/{owner}/{repo}`, as GitHub's description writes it. */
  name: string;
  /** Who may call it; an installation needs one of `permissions`, a user some role in the repository. */
  for: 'anybody' | 'app' | 'installation' | 'user' | 'installation or user';
  /** `['pull_requests=read', 'issues=read']`: one of them is enough. */
  permissions: string[];
  answer: (call: Call) => Promise<Answer> | Answer;
}

/** @throws GitHubRefusal 401, 403 with the permission that would be needed, 404 for what a token does not reach */
export function authorise(operation: Operation, caller: Caller, repository: Repository | null): void {
  if (operation.for === 'anybody') return;
  if (caller.kind === 'nobody') throw new GitHubRefusal(401, 'Requires authentication');
  if (operation.for === 'app') {
    if (caller.kind !== 'app') throw new GitHubRefusal(401, 'A JSON web token could not be decoded');
    return;
  }
  if (caller.kind === 'app') throw new GitHubRefusal(403, 'This endpoint is not available to a GitHub App JWT');
  if (caller.kind === 'user') {
    if (operation.for !== 'installation') return;
    throw new GitHubRefusal(403, 'You must authenticate via a GitHub App.');
  }
  if (operation.for === 'user') throw new GitHubRefusal(403, 'Resource not accessible by integration');
  // Stricter than GitHub, where what is public may be read with any token.
  if (repository !== null && !reaches(caller, repository)) throw new GitHubRefusal(404, 'Not Found');
  const granted = operation.permissions.some((permission) => {
    const [name = '', level] = permission.split('=');
    const has = caller.permissions[name];
    return has === 'write' || (has === 'read' && level === 'read');
  });
  if (!granted && operation.permissions.length > 0) {
    throw new GitHubRefusal(403, 'Resource not accessible by integration', {
      'x-accepted-github-permissions': operation.permissions.join('; '),
    });
  }
}

function reaches({ installation, repositories }: Grant, repository: Repository): boolean {
  const owned = repository.owner === installation.account;
  return owned && (repositories === null || repositories.has(repository.id));
}

/** @throws GitHubRefusal 404 */
export function repositoryOf({ world, params }: Call): Repository {
  const repository = world.repository(`${params.owner}/${params.repo}`);
  if (!repository) throw new GitHubRefusal(404, 'Not Found');
  return repository;
}

/** @throws GitHubRefusal 404 */
export function pullOf(call: Call, number: string | undefined): PullRequest {
  const pull = call.world.pull(repositoryOf(call), Number(number));
  if (!pull) throw new GitHubRefusal(404, 'Not Found');
  return pull;
}

/** @throws GitHubRefusal 422 as GitHub words it for a SHA that it does not know */
export async function commitOf(repository: Repository, name: string): Promise<string> {
  const sha = await repository.git.resolve(name);
  if (sha === null) throw new GitHubRefusal(422, `No commit found for SHA: ${name}`);
  return sha;
}

const defaultPerPage = 30;
const maxPerPage = 100;

/** One page of `items`, with the `link` header that leads to its neighbours. */
export function page<T>(call: Call, items: T[]): { items: T[]; headers: Record<string, string> } {
  const size = Math.min(maxPerPage, Math.max(1, Number(call.query.per_page ?? defaultPerPage)));
  const number = Math.max(1, Number(call.query.page ?? 1));
  const last = Math.max(1, Math.ceil(items.length / size));
  const links: string[] = [];
  const link = (to: number, rel: string) => {
    const address = new URL(call.url);
    address.searchParams.set('page', String(to));
    links.push(`<${address.href}>; rel="${rel}"`);
  };
  if (number > 1) {
    link(number - 1, 'prev');
    link(1, 'first');
  }
  if (number < last) {
    link(number + 1, 'next');
    link(last, 'last');
  }
  return {
    items: items.slice((number - 1) * size, number * size),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}
