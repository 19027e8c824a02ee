import { setTimeout as sleep } from 'node:timers/promises';
import { RequestError } from 'octokit';
import type { Forge } from '../../../src/forge/forge.ts';
import { changedFiles, getChange, listOpenChanges } from '../../../src/forge/github/changes.ts';
import { checksOf } from '../../../src/forge/github/checks-of.ts';
import { permissionOf, putComment, react, reply } from '../../../src/forge/github/comments.ts';
import { readFile } from '../../../src/forge/github/files.ts';
import { forgeError, pauseAskedFor, unreachable } from '../../../src/forge/github/forge-error.ts';
import type { GitHubClient, Writing } from '../../../src/forge/github/github-client.ts';
import { listRepositories } from '../../../src/forge/github/installations.ts';
import { putCheck } from '../../../src/forge/github/put-check.ts';
import { listQueue } from '../../../src/forge/github/queue.ts';
import { WriteTurns } from '../../../src/forge/github/write-turns.ts';
import type { Dice } from './dice.ts';
import { exchange, unless } from './exchange.ts';
import { type Asking, type ForgeAnswer, type Parameters, routes } from './forge-routes.ts';
import { ourLogin } from './forge-server.ts';
import type { Right } from './history.ts';
import { type Actor, type Surroundings, tell } from './surroundings.ts';

type Octokit = { request: (route: string, parameters: Parameters) => Promise<ForgeAnswer> };
type Send<T> = (octokit: Octokit, request: { signal: AbortSignal }) => Promise<T>;

const requestTimeoutMs = 10_000;
const safeRetries = 2;
const longestPauseMs = 90_000;
/** Wide enough for a world of some dozens of changes in one hour: GitHub's own creations would hold up most of it. */
const pace = { writes: { burst: 10, intervalMs: 250 }, creations: { burst: 200, intervalMs: 1_000 } };

/** The real code of `src/forge/github` with a simulated GitHub behind it; only what speaks HTTP is not there. */
export function simulatedForge(around: Surroundings, actor: Actor): Forge {
  // Whatever the real one has, by name: what is missing would look like a forge that refuses.
  const simulated: Record<keyof GitHubClient, unknown> = new ForgeClient(around, actor);
  const client = simulated as GitHubClient;
  return {
    getChange: (ref, signal) => getChange(client, ref, signal),
    listOpenChanges: (repository, signal) => listOpenChanges(client, repository, signal),
    listQueue: (repository, signal) => listQueue(client, repository, signal),
    changedFiles: (repository, baseSha, headSha, signal) => changedFiles(client, repository, baseSha, headSha, signal),
    readFile: (repository, sha, path, signal) => readFile(client, repository, sha, path, signal),
    fetchTree: () => Promise.reject(new Error('no tree is fetched in the simulator')),
    permissionOf: (repository, user, signal) => permissionOf(client, repository, user, signal),
    putCheck: (repository, id, check, signal, mayBegin) => putCheck(client, repository, id, check, signal, mayBegin),
    checksOf: (repository, sha, signal) => checksOf(client, '1', { repository, sha }, signal),
    putComment: (ref, id, marker, body, signal, mayBegin) =>
      putComment(client, ref, id, marker, body, signal, mayBegin),
    isPublic: async () => true,
    listRepositories: (signal) => listRepositories(client, signal),
    reply: (ref, body, signal) => reply(client, ref, body, signal),
    react: (ref, commentId, reaction, signal) => react(client, ref, commentId, reaction, signal),
    // As where the operator wants none.
    putDeployment: async () => null,
    quotas: () => client.quotas(),
  };
}

/** As `GitHubClient`: bounded, paced, retried where that is safe, away for as long as the forge asks. */
class ForgeClient {
  readonly #around: Surroundings;
  readonly #actor: Actor;
  readonly #dice: Dice;
  readonly #turns = new WriteTurns(pace, () => performance.now());

  constructor(around: Surroundings, actor: Actor) {
    this.#around = around;
    this.#actor = actor;
    this.#dice = around.dice(`forge of ${actor.holder}`);
  }

  quotas(): [] {
    return [];
  }

  async login(): Promise<string> {
    return ourLogin;
  }

  serves(): boolean {
    return true;
  }

  asApp<T>(doing: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    return this.#bounded(doing, signal, safeRetries, send);
  }

  inInstallation<T>(_id: number, doing: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    return this.#bounded(doing, signal, safeRetries, send);
  }

  read<T>(_repository: string, doing: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    return this.#bounded(doing, signal, safeRetries, send);
  }

  write<T>(_: string, doing: string, signal: AbortSignal, send: Send<T>, writing: Writing = {}): Promise<T> {
    return this.#inTurn({ ...writing, kind: 'write' }, doing, signal, send);
  }

  create<T>(_: string, doing: string, signal: AbortSignal, send: Send<T>, writing: Writing = {}): Promise<T> {
    return this.#inTurn({ ...writing, kind: 'creation' }, doing, signal, send);
  }

  #inTurn<T>(
    { kind, mayBegin, urgency = 'progress' }: Writing & { kind: 'write' | 'creation' },
    doing: string,
    signal: AbortSignal,
    send: Send<T>,
  ): Promise<T> {
    this.#refuseWhileHeld(doing, urgency === 'progress' ? 0 : longestPauseMs);
    return this.#turns.run({ kind, urgency, signal, mayBegin }, () =>
      this.#bounded(doing, signal, kind === 'write' ? safeRetries : 0, send),
    );
  }

  #refuseWhileHeld(doing: string, patienceMs = 0): void {
    if (this.#turns.heldUntil > performance.now() + patienceMs) throw unreachable(doing, "GitHub's rate limit holds");
  }

  async #bounded<T>(doing: string, signal: AbortSignal, retries: number, send: Send<T>): Promise<T> {
    signal.throwIfAborted();
    this.#refuseWhileHeld(doing);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), requestTimeoutMs);
    const abort = () => deadline.abort();
    signal.addEventListener('abort', abort, { once: true });
    const octokit: Octokit = { request: (route, asked) => this.#request(route, asked, retries, deadline.signal) };
    try {
      return await unless(deadline.signal, send(octokit, { signal: deadline.signal }));
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.signal.aborted) throw unreachable(doing, `GitHub gave no answer within ${requestTimeoutMs} ms`);
      const pausedUntil = pauseAskedFor(error, performance.now());
      if (pausedUntil !== null) this.#turns.hold(pausedUntil);
      throw forgeError(error, doing);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  async #request(route: string, asked: Parameters, retries: number, signal: AbortSignal): Promise<ForgeAnswer> {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#send(route, asked);
      if (answer.status < 400) return answer;
      if (answer.status < 500 || attempt === retries) throw refusal(route, answer);
      await sleep(250 * (attempt + 1) ** 2, undefined, { signal });
    }
  }

  async #send(route: string, asked: Parameters): Promise<ForgeAnswer> {
    const { clock, away, weather } = this.#around;
    const { latencyMs, lostBefore, lostAfter } = weather.forge;
    const dice = this.#dice;
    if (away.forge > clock.nowMs) throw new Error('connect ECONNREFUSED forge.example.com:443');
    const isLost = dice.chance(lostBefore);
    const right = this.#around.rightOn(String(asked.external_id ?? ''), this.#actor.holder);
    return await exchange(clock, {
      server: 'forge',
      thereMs: dice.within(latencyMs),
      backMs: dice.within(latencyMs) >> 2,
      isAnswerLost: isLost || dice.chance(lostAfter),
      serve: () => (isLost ? { status: 0 } : (this.#moodOf(route) ?? this.#serve(route, asked, right))),
    });
  }

  #serve(route: string, asked: Parameters, right: Right): ForgeAnswer {
    const around = this.#around;
    const serve = routes[route];
    if (serve === undefined) throw new Error(`the simulated forge knows no "${route}"`);
    const asking: Asking = {
      server: around.forge,
      nowMs: around.clock.nowMs,
      tell: (happening) => tell(around, this.#actor, happening),
      right,
      runOf: around.runOf,
    };
    return serve(asking, asked);
  }

  /** What it answers instead of doing what was asked. */
  #moodOf(route: string): ForgeAnswer | null {
    const { unavailable, limited, notFound } = this.#around.weather.forge;
    const dice = this.#dice;
    if (dice.chance(unavailable)) return { status: 502, data: { message: 'Bad Gateway' } };
    if (dice.chance(limited)) return { status: 403, data: { message: 'You have exceeded a secondary rate limit.' } };
    // A file that is not there is an answer, which nobody could tell from a wrong one.
    if (!route.includes('/contents/') && dice.chance(notFound)) return { status: 404, data: { message: 'Not Found' } };
    return null;
  }
}

function refusal(route: string, { status, data, headers = {} }: ForgeAnswer): RequestError {
  const [method = '', path = ''] = route.split(' ');
  const url = `https://forge.example.com${path}`;
  const { message = `status ${status}` } = (data ?? {}) as { message?: string };
  return new RequestError(message, status, {
    request: { method: method as 'GET', url, headers: {} },
    response: { status, url, data, headers },
  });
}
