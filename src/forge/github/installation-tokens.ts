import type { TokenScope } from './token-scope.ts';

export interface InstallationToken {
  token: string;
  /** By our own clock, milliseconds since 1970. */
  receivedAt: number;
  expiresAt: number;
}

/** Asks GitHub for a token. @returns with how long it lives, by GitHub's clock */
export type AskForToken = (installationId: number, scope: TokenScope) => Promise<{ token: string; livesMs: number }>;

/** A request that starts with a token must have ended before it expires, with all its retries. */
const marginMs = 5 * 60_000;
const mostKept = 10_000;

/**
 * Tokens of installations, one for each repository and kind of request, kept until shortly before they expire. A token is
 * whatever text GitHub sends: nothing is read out of it. Those who want the same at once share one request.
 */
export class InstallationTokens {
  readonly #ask: AskForToken;
  readonly #now: () => number;
  readonly #kept = new Map<string, InstallationToken>();
  readonly #asked = new Map<string, Promise<InstallationToken>>();

  constructor(ask: AskForToken, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  async of(installationId: number, scope: TokenScope): Promise<InstallationToken> {
    const key = keyOf(installationId, scope);
    const kept = this.#kept.get(key);
    if (kept && kept.expiresAt - marginMs > this.#now()) return kept;
    const asked = this.#asked.get(key) ?? this.#renew(key, installationId, scope);
    this.#asked.set(key, asked);
    return asked;
  }

  ageMs({ receivedAt }: InstallationToken): number {
    return this.#now() - receivedAt;
  }

  /** Somebody was told that it counts no more. */
  forget(installationId: number, scope: TokenScope, { token }: InstallationToken): void {
    const key = keyOf(installationId, scope);
    if (this.#kept.get(key)?.token === token) this.#kept.delete(key);
  }

  async #renew(key: string, installationId: number, scope: TokenScope): Promise<InstallationToken> {
    try {
      const { token, livesMs } = await this.#ask(installationId, scope);
      const receivedAt = this.#now();
      const renewed = { token, receivedAt, expiresAt: receivedAt + livesMs };
      if (this.#kept.size >= mostKept) this.#kept.clear();
      this.#kept.set(key, renewed);
      return renewed;
    } finally {
      this.#asked.delete(key);
    }
  }
}

function keyOf(installationId: number, { repository, permissions }: TokenScope): string {
  return JSON.stringify([installationId, repository, Object.entries(permissions).sort()]);
}
