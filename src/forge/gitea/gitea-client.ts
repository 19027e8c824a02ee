import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { explain, RunError } from '../../errors.ts';
import type { MayBegin } from '../forge.ts';
import { giteaPrefix } from '../repository-name.ts';
import { refusal, unreachable } from './gitea-error.ts';

export interface GiteaClientOptions {
  /** `https://git.example.com`, with a path where it has one. */
  url: string;
  token: string;
  /** For one request with its retries; default 10 s. */
  requestTimeoutMs?: number;
}

export interface GiteaRequest {
  /** What is being done, lowercase. */
  doing: string;
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, its parts escaped. */
  path: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  body?: unknown;
  /** What must not be sent twice is never retried here: the caller looks first. */
  once?: boolean;
  mayBegin?: MayBegin | undefined;
  /** Answers that are no failure beside 200 to 299; a redirection among them is not followed. */
  accept?: readonly number[];
  /** As somebody without an account: what is answered then, anybody may read. */
  asNobody?: boolean;
  /** In place of the client's. */
  timeoutMs?: number;
}

const safeRetries = 2;
const retryAfterMs = 250;
/** Gitea's own default for the most that it sends at once. */
const pageSize = 50;
const maxPages = 200;

/** One user's token on one Gitea (or Forgejo): a bounded way to its API. */
export class GiteaClient {
  readonly #api: string;
  readonly #token: string;
  readonly #timeoutMs: number;
  #login: string | undefined;

  constructor({ url, token, requestTimeoutMs = 10_000 }: GiteaClientOptions) {
    this.#api = `${url.replace(/\/+$/, '')}/api/v1`;
    this.#token = token;
    this.#timeoutMs = requestTimeoutMs;
  }

  /** The name under which we comment, react and set statuses. */
  async login(signal: AbortSignal): Promise<string> {
    this.#login ??= (await this.ask(User, { doing: "reading our own user's name", path: '/user' }, signal)).login;
    return this.#login;
  }

  /** The answer as `shape` has it. */
  async ask<T>(shape: z.ZodType<T>, request: GiteaRequest, signal: AbortSignal): Promise<T> {
    return this.send(request, signal, async (response) => understand(shape, await response.json(), request.doing));
  }

  /** The same, and null where Gitea has nothing of the kind, which it says with one of `refusals`. */
  async askOrNull<T>(
    shape: z.ZodType<T>,
    request: GiteaRequest,
    signal: AbortSignal,
    refusals: readonly number[] = [404],
  ): Promise<T | null> {
    return this.send({ ...request, accept: refusals }, signal, async (response) => {
      if (!refusals.includes(response.status)) return understand(shape, await response.json(), request.doing);
      await response.body?.cancel();
      return null;
    });
  }

  /**
   * Everything of a list. How much comes at once is the operator's setting, and some lists come whole on whatever page: so it is over when
   * Gitea's own count is reached, or a page brings nothing new.
   * @throws RunError `FORGE_REFUSED` for a list without end: what is left out of it would count as gone
   */
  async all<T>(
    shape: z.ZodType<T[]>,
    keyOf: (item: T) => number,
    request: GiteaRequest,
    signal: AbortSignal,
  ): Promise<T[]> {
    const found = new Map<number, T>();
    for (let page = 1; page <= maxPages; page += 1) {
      const before = found.size;
      const query = { ...request.query, page, limit: pageSize };
      const { items, total } = await this.send({ ...request, query }, signal, async (response) => {
        const count = response.headers.get('x-total-count');
        return { items: understand(shape, await response.json(), request.doing), total: Number(count ?? Number.NaN) };
      });
      for (const item of items) found.set(keyOf(item), item);
      if (found.size === before || found.size >= total) return [...found.values()];
    }
    throw new RunError(request.doing, {
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
      hint: `There are more than ${maxPages} pages of them; Greenroom reads no more.`,
    });
  }

  /** Sends, and lets `read` have the answer within the same time. */
  async send<T>(request: GiteaRequest, signal: AbortSignal, read: (response: Response) => Promise<T>): Promise<T> {
    const timeoutMs = request.timeoutMs ?? this.#timeoutMs;
    const deadline = AbortSignal.timeout(timeoutMs);
    const within = AbortSignal.any([signal, deadline]);
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      await request.mayBegin?.();
      try {
        return await this.#sendOnce(request, within, read);
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.aborted) throw unreachable(request.doing, `Gitea gave no answer within ${timeoutMs} ms`);
        const failure = error instanceof RunError ? error : unreachable(request.doing, explain(error));
        if (failure.code !== 'FORGE_UNREACHABLE' || request.once || attempt === safeRetries) throw failure;
        await sleep(retryAfterMs * 2 ** attempt, undefined, { signal: within }).catch(() => undefined);
      }
    }
  }

  async #sendOnce<T>(
    { doing, method = 'GET', path, query = {}, body, accept = [], asNobody = false }: GiteaRequest,
    signal: AbortSignal,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const response = await fetch(`${this.#api}${path}${search.size === 0 ? '' : `?${search}`}`, {
      method,
      signal,
      headers: {
        ...(asNobody ? {} : { authorization: `token ${this.#token}` }),
        accept: 'application/json',
        'user-agent': 'greenroom',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: accept.some((status) => status >= 300 && status < 400) ? 'manual' : 'follow',
      ...(body === undefined ? {} : { body: asciiJson(body) }),
    });
    if (response.ok || accept.includes(response.status)) return read(response);
    throw refusal(response.status, await response.text(), doing);
  }
}

/**
 * Gitea reads a request piece by piece as it arrives, and garbles a character of several bytes that is in two of them: so none is
 * sent.
 */
export function asciiJson(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replaceAll(/[\u0080-\uffff]/g, escaped);
}

const User = z.object({ login: z.string().min(1) });

/** What is not as it should be comes from a proxy or a start-up page more often than from Gitea. */
function understand<T>(shape: z.ZodType<T>, answer: unknown, doing: string): T {
  const parsed = shape.safeParse(answer);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole').slice(0, 5);
  throw unreachable(doing, `Gitea's answer lacks or garbles ${where.join(', ')}`);
}

/** `/repos/acme/shop` of `gitea:acme/shop`. */
export function pathOf(repository: string): string {
  const parts = repository.slice(giteaPrefix.length).split('/');
  if (!repository.startsWith(giteaPrefix) || parts.length !== 2 || !parts.every(isPlainPart)) {
    throw new RunError(`reading the repository's name ${JSON.stringify(repository)}`, {
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
      hint: `A repository of Gitea is written as ${giteaPrefix}owner/name.`,
    });
  }
  return `/repos/${parts.map(encodeURIComponent).join('/')}`;
}

/** Whether it stays where it stands in a path: `..` would climb to other parts of the API, with our token. */
export function isPlainPart(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..';
}

/** Gitea's `acme/shop` in our words. */
export function ourName(fullName: string): string {
  return `${giteaPrefix}${fullName}`;
}
