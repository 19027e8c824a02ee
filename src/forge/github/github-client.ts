import { createPrivateKey } from 'node:crypto';
import { App, Octokit } from 'octokit';
import { RunError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { MayBegin, Quota } from '../forge.ts';
import { conditionalFetch, KnownAnswers } from './conditional-fetch.ts';
import { forgeError, isTokenRequest, pauseAskedFor, statusOf, unreachable } from './forge-error.ts';
import { InstallationTokens } from './installation-tokens.ts';
import { isServed } from './is-served.ts';
import { Quotas } from './quota.ts';
import { scopedAuth } from './scoped-auth.ts';
import type { TokenScope } from './token-scope.ts';
import { type Pace, publishedPace } from './write-pace.ts';
import { type Urgency, WriteTurns } from './write-turns.ts';

export interface GitHubClientOptions {
  /** `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server. */
  apiUrl: string;
  /** The App's id or client id. */
  appId: string;
  /** PEM, PKCS#1 or PKCS#8. */
  privateKey: string;
  log: Log;
  /** Whose repositories are worked on; default, and when empty: those of everybody who has installed the App. */
  owners?: readonly string[];
  /** For one request with its retries; default 10 s. */
  requestTimeoutMs?: number;
  /** Is told every token before its first use: nothing that prints should print it. */
  onSecret?: (value: string) => void;
  /** Default: GitHub's published limits. */
  pace?: Pace;
  now?: () => number;
}

/** What every request gets: it ends with the caller's signal or the time-out, and is retried as often as is safe. */
export interface RequestOptions {
  signal: AbortSignal;
  /** Only to say none: a number given here makes Octokit retry refusals as well. */
  retries?: 0;
}

type Send<T> = (octokit: Octokit, request: RequestOptions) => Promise<T>;

interface Installation {
  id: number;
  octokit: Octokit;
  turns: WriteTurns;
  now: () => number;
}

/** How a write goes out. */
export interface Writing {
  mayBegin?: MayBegin | undefined;
  /** Default: `progress`. */
  urgency?: Urgency;
}

const maxInstallations = 1000;
const safeRetries = 2;
/** A pause that takes longer is waited for by nobody: whoever writes hears of it, and comes again. */
const longestPauseMs = 90_000;

/** One App on one GitHub: an authenticated, paced, bounded way to each of its installations. */
export class GitHubClient {
  readonly #app: App;
  readonly #Octokit: typeof Octokit;
  readonly #tokens: InstallationTokens;
  readonly #timeoutMs: number;
  readonly #pace: Pace;
  readonly #now: () => number;
  readonly #owners: readonly string[];
  readonly #installations = new Map<number, Installation>();
  readonly #idOfRepository = new Map<string, number>();
  readonly #quotas: Quotas;
  #login: string | undefined;

  constructor(options: GitHubClientOptions) {
    this.#timeoutMs = options.requestTimeoutMs ?? 10_000;
    this.#pace = options.pace ?? publishedPace;
    this.#now = options.now ?? Date.now;
    this.#owners = options.owners ?? [];
    this.#quotas = new Quotas(this.#now);
    this.#Octokit = configuredOctokit(options, this.#timeoutMs, this.#quotas);
    this.#app = new App({
      appId: options.appId,
      privateKey: normalisedKey(options.privateKey),
      Octokit: this.#Octokit,
      log: octokitLog(options.log),
    });
    this.#tokens = new InstallationTokens(async (id, scope) => {
      const asked = await this.#askForToken(id, scope);
      options.onSecret?.(asked.token);
      return asked;
    }, this.#now);
  }

  /** A request as the App itself (JWT): about the App and its installations. */
  asApp<T>(doing: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    return this.#bounded(doing, signal, {}, (request) => send(this.#app.octokit as Octokit, request));
  }

  serves(owner: string): boolean {
    return isServed(this.#owners, owner);
  }

  /** The name under which the App comments and reacts. */
  async login(signal: AbortSignal): Promise<string> {
    if (this.#login === undefined) {
      const { data } = await this.asApp("reading the App's own name", signal, (octokit, request) =>
        octokit.request('GET /app', { request }),
      );
      this.#login = `${data?.slug ?? ''}[bot]`;
    }
    return this.#login;
  }

  async inInstallation<T>(id: number, doing: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    const installation = this.#installation(id);
    this.#refuseWhileHeld(installation, doing);
    return this.#bounded(doing, signal, {}, (request) => sendAs(installation, request, send));
  }

  async read<T>(repository: string, doing: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    return this.inInstallation(await this.#idOf(repository, signal), doing, signal, send);
  }

  /** What is left of the rate limits, as GitHub said it last. */
  quotas(): Quota[] {
    return this.#quotas.all();
  }

  /** A write that may be sent twice without harm. */
  write<T>(repository: string, doing: string, signal: AbortSignal, send: Send<T>, writing: Writing = {}): Promise<T> {
    return this.#inTurn({ ...writing, kind: 'write' }, repository, doing, signal, send);
  }

  /** A write that must not be sent twice: never retried here, the caller looks first. */
  create<T>(repository: string, doing: string, signal: AbortSignal, send: Send<T>, writing: Writing = {}): Promise<T> {
    return this.#inTurn({ ...writing, kind: 'creation' }, repository, doing, signal, send);
  }

  async #inTurn<T>(
    { kind, mayBegin, urgency = 'progress' }: Writing & { kind: 'write' | 'creation' },
    repository: string,
    doing: string,
    signal: AbortSignal,
    send: Send<T>,
  ): Promise<T> {
    const installation = this.#installation(await this.#idOf(repository, signal));
    this.#refuseWhileHeld(installation, doing, urgency === 'progress' ? 0 : longestPauseMs);
    return installation.turns.run({ kind, urgency, signal, mayBegin }, () => {
      this.#refuseWhileHeld(installation, doing);
      const retries = kind === 'write' ? {} : { retries: 0 as const };
      return this.#bounded(doing, signal, retries, (request) => sendAs(installation, request, send));
    });
  }

  async #idOf(repository: string, signal: AbortSignal): Promise<number> {
    const known = this.#idOfRepository.get(repository);
    if (known !== undefined) return known;
    const { owner, repo } = splitRepository(repository);
    if (!this.serves(owner)) throw notServed(repository);
    const { data } = await this.asApp(
      `looking for the App's installation on "${repository}"`,
      signal,
      (octokit, request) => octokit.request('GET /repos/{owner}/{repo}/installation', { owner, repo, request }),
    );
    if (this.#idOfRepository.size >= maxInstallations) this.#idOfRepository.clear();
    this.#idOfRepository.set(repository, data.id);
    return data.id;
  }

  #installation(id: number): Installation {
    const known = this.#installations.get(id);
    if (known) return known;
    const octokit = new this.#Octokit({
      authStrategy: scopedAuth,
      auth: { tokens: this.#tokens, installationId: id },
    });
    const made = { id, octokit, turns: new WriteTurns(this.#pace, this.#now), now: this.#now };
    this.#installations.set(id, made);
    return made;
  }

  async #askForToken(id: number, { repository, permissions }: TokenScope) {
    const { data, headers } = await (this.#app.octokit as Octokit).request(
      'POST /app/installations/{installation_id}/access_tokens',
      {
        installation_id: id,
        permissions,
        ...(repository === null ? {} : { repositories: [repository] }),
      },
    );
    const sentAt = Date.parse(headers.date ?? '');
    // By the forge's own clock, where it tells it: ours may be wrong.
    const livesMs = Date.parse(data.expires_at) - (Number.isNaN(sentAt) ? this.#now() : sentAt);
    return { token: data.token, livesMs };
  }

  /** Requests against a limit that GitHub named are what gets an App banned. */
  #refuseWhileHeld({ turns }: Installation, doing: string, patienceMs = 0): void {
    if (turns.heldUntil <= this.#now() + patienceMs) return;
    const until = new Date(turns.heldUntil).toISOString();
    throw unreachable(doing, `GitHub's rate limit holds until ${until}`, `GitHub asked for a pause until ${until}.`);
  }

  async #bounded<T>(
    doing: string,
    signal: AbortSignal,
    retries: { retries?: 0 },
    send: (request: RequestOptions) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    // Octokit retries every reason but a plain abort, so both ways to end are given to it as one.
    const controller = new AbortController();
    const abort = () => controller.abort();
    const deadline = setTimeout(abort, this.#timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    const aborted = new Promise<never>((_resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
    });
    try {
      return await Promise.race([send({ signal: controller.signal, ...retries }), aborted]);
    } catch (error) {
      signal.throwIfAborted();
      if (controller.signal.aborted) throw unreachable(doing, `GitHub gave no answer within ${this.#timeoutMs} ms`);
      // The App may have been installed anew, under another id.
      if (statusOf(error) === 401 || isRefusedToken(error)) this.#idOfRepository.clear();
      throw forgeError(error, doing);
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', abort);
    }
  }
}

/** For good: a limit passes, and says nothing of the installation. */
function isRefusedToken(error: unknown): boolean {
  return isTokenRequest(error) && pauseAskedFor(error, 0) === null;
}

/** Keeps in mind the pause that GitHub asks the installation as a whole for. */
async function sendAs<T>(installation: Installation, request: RequestOptions, send: Send<T>): Promise<T> {
  try {
    return await send(installation.octokit, request);
  } catch (error) {
    const pausedUntil = pauseAskedFor(error, installation.now());
    if (pausedUntil !== null) installation.turns.hold(pausedUntil);
    throw error;
  }
}

function notServed(repository: string): RunError {
  return new RunError(`looking for the App's installation on "${repository}"`, {
    code: 'FORGE_REFUSED',
    remedy: 'fix-input',
    hint: 'Its owner is not among GREENROOM_GITHUB_OWNERS.',
  });
}

/** `owner/name` in two. */
export function splitRepository(repository: string): { owner: string; repo: string } {
  const [owner, repo, ...rest] = repository.split('/');
  if (!owner || !repo || rest.length > 0) {
    throw new RunError(`reading the repository's name ${JSON.stringify(repository)}`, {
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
      hint: 'A repository is written as owner/name.',
    });
  }
  return { owner, repo };
}

function configuredOctokit({ apiUrl, log }: GitHubClientOptions, timeoutMs: number, quotas: Quotas): typeof Octokit {
  // The plugin's own pacing (one write a second, one comment in three) would stretch each run by many seconds;
  // `WriteTurns` keeps the published limits instead. Its eye for rate limits and its ten requests at once stay.
  const unpaced = { key: () => ({ schedule: (_job: unknown, task: () => Promise<void>) => task() }) };
  const answers = new KnownAnswers();
  return Octokit.defaults((options: { auth?: { installationId?: number } }) => {
    const holder = String(options.auth?.installationId ?? 'app');
    return {
      ...options,
      baseUrl: apiUrl.replace(/\/$/, ''),
      userAgent: 'greenroom',
      log: octokitLog(log),
      // GitHub's rate limits are no trouble that passes in a second.
      retry: {
        retries: safeRetries,
        retryAfterBaseValue: 250,
        doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
      },
      request: { fetch: conditionalFetch(watchedFetch(holder, quotas, timeoutMs), answers, holder) },
      throttle: {
        id: holder,
        write: unpaced,
        notifications: unpaced,
        // `sendAs` keeps away for as long as GitHub asks; waiting here would outlast every time-out.
        onRateLimit: () => false,
        onSecondaryRateLimit: () => false,
      } as never,
    };
  }) as typeof Octokit;
}

/** Token requests are made inside Octokit and carry no signal of ours; this bounds them as well. */
function watchedFetch(holder: string, quotas: Quotas, timeoutMs: number): typeof fetch {
  return async (input, init) => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    const response = await fetch(input, { ...init, signal });
    quotas.saw(holder, response.headers);
    return response;
  };
}

function octokitLog(log: Log) {
  const quiet = (message: string) => log.debug({ octokit: message.slice(0, 500) }, 'octokit says');
  return { debug: quiet, info: quiet, warn: quiet, error: quiet };
}

/** @returns the key as PKCS#8, whichever of its two forms came */
function normalisedKey(pem: string): string {
  try {
    return createPrivateKey(pem.replaceAll('\\n', '\n')).export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    throw new RunError("reading the App's private key", {
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
      hint: 'GREENROOM_GITHUB_PRIVATE_KEY must hold the PEM that GitHub gave, or the path of its file.',
    });
  }
}
