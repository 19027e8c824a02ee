import { RunError } from '../errors.ts';
import { type Hold, leaseMs, requestTimeoutMs } from '../store/leases.ts';

/**
 * The right to play a run, as far as this process knows: it counts from when we asked for it, on a clock that no freeze of the
 * process stops. Who asks `enough` before an outside effect begins none that may land when somebody else plays the run.
 */
export class Lease {
  readonly hold: Hold;
  #endsAt: number;
  #lost: RunError | null = null;
  #news = Promise.withResolvers<void>();
  readonly #over = new AbortController();

  /** @param askedAt by `performance.now()`, before the store was asked */
  constructor(hold: Hold, askedAt: number) {
    this.hold = hold;
    this.#endsAt = askedAt + leaseMs;
  }

  get leftMs(): number {
    return this.#lost === null ? Math.max(0, this.#endsAt - performance.now()) : 0;
  }

  /** Aborted when it is lost. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  renewed(askedAt: number): void {
    this.#endsAt = askedAt + leaseMs;
    this.#tell();
  }

  /** For good: somebody else has the run, or our time is over. */
  lose(): RunError {
    this.#lost ??= leaseLost(this.hold);
    this.#over.abort(this.#lost);
    this.#tell();
    return this.#lost;
  }

  /**
   * Resolves as soon as there is lease enough for a request with this time-out, which is at once as long as the store answers.
   * @throws RunError LEASE_LOST
   */
  async enough(forMs = requestTimeoutMs): Promise<void> {
    while (this.leftMs < forMs) {
      if (this.#lost !== null) throw this.#lost;
      await this.#news.promise;
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

export function leaseLost(hold: Hold): RunError {
  return new RunError(`renewing the lease on run "${hold.runId}"`, {
    code: 'LEASE_LOST',
    remedy: 'retry',
    hint: 'Another Greenroom has taken this run over and goes on with it.',
  });
}
