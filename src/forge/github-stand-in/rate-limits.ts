import { GitHubRefusal } from './authenticate.ts';

/** What GitHub allows one caller. Reads cost a point, writes five; an answer "not modified" costs nothing. */
export interface Limits {
  perHour: number;
  pointsPerMinute: number;
  creationsPerMinute: number;
  creationsPerHour: number;
  atOnce: number;
  /** For how long it then wants to be left alone. */
  pauseSeconds: number;
}

/** As GitHub publishes them. */
export const publishedLimits: Limits = {
  perHour: 5000,
  pointsPerMinute: 900,
  creationsPerMinute: 80,
  creationsPerHour: 500,
  atOnce: 100,
  pauseSeconds: 60,
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Caller {
  requests: number[];
  writes: number[];
  creations: number[];
  underWay: number;
  pausedUntil: number;
}

/** Counts what each caller asks, and refuses what is over a limit, in GitHub's words. */
export class RateLimits {
  readonly #now: () => number;
  readonly #callers = new Map<string, Caller>();
  limits: Limits;
  /** Requests that came although a pause had been asked for: what gets an App banned. */
  ignoredPauses = 0;
  refusals = 0;

  constructor(limits: Limits, now: () => number) {
    this.limits = limits;
    this.#now = now;
  }

  /**
   * @param who whose token it is; what the App asks for itself, such as tokens, creates no content
   * @returns what is to be called when the request was answered
   * @throws GitHubRefusal 403 with `retry-after`
   */
  begin(who: string, method: string): (status: number) => Record<string, string> {
    const caller = this.#callerOf(who);
    const now = this.#now();
    const isWrite = method !== 'GET';
    if (caller.pausedUntil > now) {
      this.ignoredPauses += 1;
      throw this.#refusal(caller.pausedUntil - now);
    }
    caller.requests = within(caller.requests, hourMs, now);
    caller.writes = within(caller.writes, minuteMs, now);
    caller.creations = within(caller.creations, hourMs, now);
    if (caller.requests.length >= this.limits.perHour) throw this.#spent(caller, now);
    const isCreation = method === 'POST' && who !== 'app';
    if (this.#isOver(caller, isCreation, now)) {
      caller.pausedUntil = now + this.limits.pauseSeconds * 1000;
      throw this.#refusal(caller.pausedUntil - now);
    }
    caller.underWay += 1;
    caller.requests.push(now);
    if (isWrite) caller.writes.push(now);
    if (isCreation) caller.creations.push(now);
    return (status) => {
      caller.underWay -= 1;
      if (status === 304) caller.requests.splice(caller.requests.indexOf(now), 1);
      return this.#headersOf(caller, now);
    };
  }

  #headersOf({ requests }: Caller, now: number): Record<string, string> {
    const { perHour } = this.limits;
    return {
      'x-ratelimit-limit': String(perHour),
      'x-ratelimit-remaining': String(Math.max(0, perHour - requests.length)),
      'x-ratelimit-used': String(requests.length),
      'x-ratelimit-reset': String(Math.ceil(((requests[0] ?? now) + hourMs) / 1000)),
      'x-ratelimit-resource': 'core',
    };
  }

  /** The hourly limit asks for no pause by name: it says when it is whole again. */
  #spent(caller: Caller, now: number): GitHubRefusal {
    this.refusals += 1;
    return new GitHubRefusal(403, 'API rate limit exceeded for installation.', this.#headersOf(caller, now));
  }

  #isOver(caller: Caller, isCreation: boolean, now: number): boolean {
    const { pointsPerMinute, creationsPerMinute, creationsPerHour, atOnce } = this.limits;
    const lastMinute = within(caller.requests, minuteMs, now).length;
    if (caller.underWay >= atOnce || lastMinute + 4 * caller.writes.length >= pointsPerMinute) return true;
    if (!isCreation) return false;
    return (
      within(caller.creations, minuteMs, now).length >= creationsPerMinute ||
      caller.creations.length >= creationsPerHour
    );
  }

  #refusal(leftMs: number): GitHubRefusal {
    this.refusals += 1;
    return new GitHubRefusal(403, 'You have exceeded a secondary rate limit. Please wait a few minutes.', {
      'retry-after': String(Math.max(1, Math.ceil(leftMs / 1000))),
    });
  }

  #callerOf(who: string): Caller {
    const fresh = { requests: [], writes: [], creations: [], underWay: 0, pausedUntil: 0 };
    const caller = this.#callers.get(who) ?? fresh;
    this.#callers.set(who, caller);
    return caller;
  }
}

function within(instants: number[], ms: number, now: number): number[] {
  return instants.filter((at) => at > now - ms);
}
