import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { explain } from '../../errors.ts';
import { type Authentication, GitHubRefusal } from './authenticate.ts';
import type { Faults } from './faults.ts';
import { type Answer, authorise, type Operation } from './operation.ts';
import type { Oracle } from './oracle.ts';
import type { RateLimits } from './rate-limits.ts';
import type { WeatherDice } from './weather.ts';
import type { World } from './world.ts';

export interface RestApiParts {
  world: World;
  authentication: Authentication;
  oracle: Oracle;
  operations: Operation[];
  faults: Faults;
  rateLimits: RateLimits;
  /** What goes wrong by itself; null for nothing. */
  weather: () => WeatherDice | null;
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

const badGateway = { status: 502, body: 'Bad Gateway', headers: {} };

async function serve(parts: RestApiParts, operation: Operation, context: Context): Promise<Response> {
  const fault = parts.faults.take(operation.name);
  if (fault?.kind === 'hang') await fault.until;
  if (fault?.kind === 'echo')
    return context.json({ message: JSON.stringify(context.req.header()) }, fault.status as 500);
  if (fault?.kind === 'broken') return broken(fault);
  const weather = parts.weather();
  const mood = fault === null ? (weather?.mood() ?? null) : null;
  if (mood === 'refused') return broken(badGateway);
  const read = await readRequest(context);
  const complaints = parts.oracle.request(operation.name, read);
  if (complaints.length > 0) return complain(parts, context, complaints);
  const answer =
    fault?.kind === 'answer'
      ? fault.answer
      : mood === 'limited'
        ? refusal(403, 'You have exceeded a secondary rate limit.', { 'retry-after': '1' })
        : await answerWithin(parts, operation, context, read, complaints);
  const contentType = answer.raw?.contentType ?? 'application/json; charset=utf-8';
  const judged = answer.status === 304 ? [] : [{ status: answer.status, contentType, body: answer.body }];
  complaints.push(...judged.flatMap((observed) => parts.oracle.answer(operation.name, observed)));
  if (complaints.length > 0) return complain(parts, context, complaints);
  await delay(weather?.delayMs() ?? 0);
  return mood === 'lost' ? broken(badGateway) : respond(answer, contentType);
}

function broken({
  status,
  body,
  headers,
}: {
  status: number;
  body: string;
  headers: Record<string, string>;
}): Response {
  return new Response(body, { status, headers });
}

/** The answer, if the caller is within its limits; only "not modified" where nothing has changed, which costs nothing. */
async function answerWithin(
  parts: RestApiParts,
  operation: Operation,
  context: Context,
  read: ReadRequest,
  complaints: string[],
): Promise<Answer> {
  let end: ReturnType<RateLimits['begin']> | undefined;
  try {
    end = parts.rateLimits.begin(whoAsks(parts, context), context.req.method);
  } catch (error) {
    if (error instanceof GitHubRefusal) return refusal(error.status, error.message, error.headers);
    throw error;
  }
  const answer = tagged(await answerOf(parts, operation, context, read, complaints), context.req.method);
  const etag = answer.headers?.etag;
  const isKnown = etag !== undefined && context.req.header('if-none-match') === etag && complaints.length === 0;
  if (isKnown)
    complaints.push(...parts.oracle.answer(operation.name, { ...answer, contentType: null, body: answer.body }));
  const given: Answer = isKnown && complaints.length === 0 ? { status: 304, headers: { etag } } : answer;
  return { ...given, headers: { ...given.headers, ...end(given.status) } };
}

/** All tokens of an installation share its limits. */
function whoAsks({ authentication }: RestApiParts, context: Context): string {
  try {
    const caller = authentication.identify(context.req.header('authorization') ?? null);
    if (caller.kind === 'installation') return `installation ${caller.installation.id}`;
    return caller.kind === 'user' ? `user ${caller.user.login}` : caller.kind;
  } catch {
    // What is refused in a moment counts for nobody.
    return 'nobody';
  }
}

function tagged(answer: Answer, method: string): Answer {
  if (method !== 'GET' || answer.status !== 200 || answer.raw !== undefined) return answer;
  const etag = `W/"${createHash('sha256').update(JSON.stringify(answer.body)).digest('hex')}"`;
  return { ...answer, headers: { ...answer.headers, etag } };
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
