import { type Context, Hono } from 'hono';
import { explain } from '../../errors.ts';
import { type Authentication, GitHubRefusal } from './authenticate.ts';
import type { Faults } from './faults.ts';
import { type Answer, authorise, type Operation } from './operation.ts';
import type { Oracle } from './oracle.ts';
import type { World } from './world.ts';

export interface RestApiParts {
  world: World;
  authentication: Authentication;
  oracle: Oracle;
  operations: Operation[];
  faults: Faults;
  /** Everything that GitHub would not have said, or would not have understood. */
  violations: string[];
}

/** `/api/v3`: each request and each answer is judged against GitHub's description before it counts. */
export function restApi(parts: RestApiParts): Hono {
  const api = new Hono();
  for (const operation of parts.operations) {
    const [method = '', template = ''] = operation.name.split(' ');
    const route = template
      .replace('/contents/{path}', '/contents/:path{.+}')
      .replace(/\/(ref|matching-refs)\/\{ref\}/, '/$1/:ref{.+}');
    api.on(method, route.replace(/\{(\w+)\}/g, ':$1'), (context) => serve(parts, operation, context));
  }
  api.all('*', (context) =>
    complain(parts, context, [`${context.req.method} ${context.req.path}: the stand-in knows no such operation`]),
  );
  return api;
}

async function serve(parts: RestApiParts, operation: Operation, context: Context): Promise<Response> {
  const fault = parts.faults.take(operation.name);
  if (fault?.kind === 'hang') await fault.until;
  if (fault?.kind === 'echo')
    return context.json({ message: JSON.stringify(context.req.header()) }, fault.status as 500);
  if (fault?.kind === 'broken') return new Response(fault.body, { status: fault.status, headers: fault.headers });
  const read = await readRequest(context);
  const complaints = parts.oracle.request(operation.name, read);
  if (complaints.length > 0) return complain(parts, context, complaints);
  const answer = fault?.kind === 'answer' ? fault.answer : await answerOf(parts, operation, context, read, complaints);
  const contentType = answer.raw?.contentType ?? 'application/json; charset=utf-8';
  complaints.push(...parts.oracle.answer(operation.name, { status: answer.status, contentType, body: answer.body }));
  return complaints.length > 0 ? complain(parts, context, complaints) : respond(answer, contentType);
}

function complain({ violations }: RestApiParts, context: Context, complaints: string[]): Response {
  violations.push(...complaints);
  return context.json({ message: complaints.join('; ') }, 500);
}

interface ReadRequest {
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
}

async function readRequest(context: Context): Promise<ReadRequest> {
  const text = await context.req.text();
  return { params: context.req.param(), query: context.req.query(), body: text === '' ? undefined : parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function answerOf(
  { world, authentication }: RestApiParts,
  operation: Operation,
  context: Context,
  read: ReadRequest,
  complaints: string[],
): Promise<Answer> {
  try {
    const caller = authentication.identify(context.req.header('authorization') ?? null);
    const { owner, repo } = read.params;
    authorise(operation, caller, world.repository(`${owner}/${repo}`) ?? null);
    const url = new URL(context.req.url);
    return await operation.answer({ ...read, world, caller, url, accept: context.req.header('accept') ?? '' });
  } catch (error) {
    if (error instanceof GitHubRefusal) return refusal(error.status, error.message, error.headers);
    complaints.push(`${operation.name}: the stand-in broke: ${explain(error)}`);
    return refusal(500, 'Internal error', {});
  }
}

function refusal(status: number, message: string, headers: Record<string, string>): Answer {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
    headers,
  };
}

function respond(answer: Answer, contentType: string): Response {
  const headers = {
    'x-github-media-type': 'github.v3; format=json',
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    ...answer.headers,
  };
  if (answer.raw) {
    return new Response(new Uint8Array(answer.raw.content), {
      status: answer.status,
      headers: { ...headers, 'content-type': contentType },
    });
  }
  if (answer.body === undefined) return new Response(null, { status: answer.status, headers });
  const body = JSON.stringify(answer.body);
  return new Response(body, { status: answer.status, headers: { ...headers, 'content-type': contentType } });
}
