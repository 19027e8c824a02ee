import { setTimeout as sleep } from 'node:timers/promises';

/** Ends waits before their time, by what they wait for. Nothing depends on it: every wait has its own end. */
export class Bell {
  readonly #waiting = new Map<string, Set<AbortController>>();

  /** Whoever waits for it now looks at once; nobody else ever hears of it. */
  ring(what: string): void {
    for (const one of this.#waiting.get(what) ?? []) one.abort();
  }

  /** Resolves after `ms`, or when it rings. @throws the signal's reason */
  async wait(what: string, ms: number, signal: AbortSignal): Promise<void> {
    const rung = new AbortController();
    const others = this.#waiting.get(what) ?? new Set();
    this.#waiting.set(what, others.add(rung));
    try {
      await sleep(ms, undefined, { signal: AbortSignal.any([signal, rung.signal]) }).catch(() => undefined);
      signal.throwIfAborted();
    } finally {
      others.delete(rung);
      if (others.size === 0) this.#waiting.delete(what);
    }
  }
}

/** Images that the repository's CI pushes. PURE. */
export function imagesOfRepository(repository: string): string {
  return `images of ${repository.toLowerCase()}`;
}

/** What the forge lists. */
export const repositories = 'repositories';
