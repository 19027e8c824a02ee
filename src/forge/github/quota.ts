import type { Quota } from '../forge.ts';

/** What GitHub last said about the rate limits of each installation, in the headers of its answers. */
export class Quotas {
  readonly #seen = new Map<string, Quota & { resetAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param holder an installation's id, or `app` */
  saw(holder: string, headers: Headers): void {
    const number = (name: string) => Number(headers.get(`x-ratelimit-${name}`) ?? Number.NaN);
    const [limit, remaining, reset] = [number('limit'), number('remaining'), number('reset')];
    // Searches and code scans have limits of their own, which are none of ours.
    if (!(limit >= 0 && remaining >= 0) || (headers.get('x-ratelimit-resource') ?? 'core') !== 'core') return;
    this.#seen.set(holder, { holder, limit, remaining, resetAt: reset > 0 ? reset * 1000 : 0 });
  }

  /** A limit whose hour is over is whole again. */
  all(): Quota[] {
    const now = this.#now();
    return [...this.#seen.values()].map(({ holder, limit, remaining, resetAt }) => ({
      holder,
      limit,
      remaining: resetAt > 0 && resetAt <= now ? limit : remaining,
    }));
  }
}
