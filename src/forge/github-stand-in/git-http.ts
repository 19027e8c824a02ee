import type { Readable } from 'node:stream';
import { Readable as NodeReadable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { Context } from 'hono';
import { spawnGit } from './git.ts';
import type { Repository, User, World } from './world.ts';

const maxHeaderBytes = 64 * 1024;

/**
 * Git's smart HTTP protocol by git's own `http-backend`, so that `git clone` and `git push` work as they do with GitHub.
 * The user name of basic authentication says who pushes; a push needs a role that may write. `pushed` hears when one is done.
 */
export async function serveGit(
  world: World,
  repository: Repository,
  path: string,
  context: Context,
  pushed: (user: User) => Promise<void>,
): Promise<Response> {
  const url = new URL(context.req.url);
  const writes = path === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
  const user = basicUser(world, context.req.header('authorization'));
  if (writes && !mayWrite(repository, user)) {
    return new Response('authentication required\n', {
      status: user ? 403 : 401,
      headers: user ? {} : { 'www-authenticate': 'Basic realm="GitHub"' },
    });
  }
  const child = spawnGit(repository.git.folder, ['http-backend'], {
    GIT_PROJECT_ROOT: repository.git.folder,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: path,
    QUERY_STRING: url.search.replace(/^\?/, ''),
    REQUEST_METHOD: context.req.method,
    CONTENT_TYPE: context.req.header('content-type') ?? '',
    HTTP_CONTENT_ENCODING: context.req.header('content-encoding') ?? '',
    GIT_PROTOCOL: context.req.header('git-protocol') ?? '',
    REMOTE_USER: user?.login ?? '',
  });
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.stdin.on('error', () => undefined);
  child.stderr.resume();
  const body = context.req.raw.body;
  if (body) NodeReadable.fromWeb(body as WebStream<Uint8Array>).pipe(child.stdin);
  else child.stdin.end();
  const { status, headers, first } = await readCgiHeader(child.stdout);
  if (path === '/git-receive-pack' && user) {
    // The client must not hear of success before the pull requests know of it.
    const rest: Buffer[] = [first];
    for await (const chunk of child.stdout) rest.push(chunk as Buffer);
    await exited;
    await pushed(user);
    return new Response(new Uint8Array(Buffer.concat(rest)), { status, headers });
  }
  child.stdout.unshift(first);
  return new Response(NodeReadable.toWeb(child.stdout) as ReadableStream, { status, headers });
}

function mayWrite(repository: Repository, user: User | null): user is User {
  const role = user && repository.roles.get(user.login);
  return role === 'admin' || role === 'maintain' || role === 'write';
}

function basicUser(world: World, authorization: string | undefined): User | null {
  const encoded = /^Basic (.+)$/.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const [login = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return world.users.get(login.toLowerCase()) ?? null;
}

/** What a CGI program says before its body. */
async function readCgiHeader(stdout: Readable): Promise<{ status: number; headers: Headers; first: Buffer }> {
  let read = Buffer.alloc(0);
  while (read.length < maxHeaderBytes) {
    const end = read.indexOf('\r\n\r\n');
    if (end >= 0) return { ...parseCgiHeader(read.subarray(0, end).toString('latin1')), first: read.subarray(end + 4) };
    const chunk = await nextChunk(stdout);
    if (chunk === null) break;
    read = Buffer.concat([read, chunk]);
  }
  return { status: 500, headers: new Headers(), first: read };
}

function parseCgiHeader(text: string): { status: number; headers: Headers } {
  const headers = new Headers();
  for (const line of text.split('\r\n')) {
    const at = line.indexOf(':');
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  const status = Number.parseInt(headers.get('status') ?? '200', 10);
  headers.delete('status');
  return { status, headers };
}

function nextChunk(stream: Readable): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const settle = (value: Buffer | null) => {
      stream.off('readable', onReadable).off('end', onEnd).off('error', reject);
      resolve(value);
    };
    const onReadable = () => {
      const chunk = stream.read() as Buffer | null;
      if (chunk !== null) settle(chunk);
    };
    const onEnd = () => settle(null);
    stream.on('readable', onReadable).on('end', onEnd).on('error', reject);
    onReadable();
  });
}
