import { redactSecrets } from './redact-secrets.ts';

/** Shorter ones are words that a text may hold by chance. */
const shortest = 8;
const mostKept = 20_000;

/**
 * Values that nothing may print, whatever they look like: a token has no form that one could rely on. Kept in mind by their first
 * characters, so that a line of a log costs the same however many there are.
 */
export class KnownSecrets {
  readonly #byBeginning = new Map<string, Set<string>>();
  #count = 0;

  add(value: string): void {
    for (const spelling of new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])) {
      if (spelling.length < shortest) continue;
      if (this.#count >= mostKept) this.#forgetOldest();
      const beginning = spelling.slice(0, shortest);
      const same = this.#byBeginning.get(beginning) ?? new Set();
      this.#byBeginning.set(beginning, same);
      if (!same.has(spelling)) this.#count += 1;
      same.add(spelling);
    }
  }

  /** `text` without them, and without whatever else looks like a credential. */
  redact(text: string): string {
    let kept = '';
    let from = 0;
    for (let at = 0; at + shortest <= text.length; at += 1) {
      const found = this.#at(text, at);
      if (found === 0) continue;
      kept += `${text.slice(from, at)}[redacted]`;
      from = at + found;
      at = from - 1;
    }
    return redactSecrets(kept + text.slice(from));
  }

  /** @returns the length of the longest that begins there */
  #at(text: string, at: number): number {
    const candidates = this.#byBeginning.get(text.slice(at, at + shortest)) ?? [];
    return Math.max(0, ...[...candidates].filter((one) => text.startsWith(one, at)).map((one) => one.length));
  }

  #forgetOldest(): void {
    const [oldest] = this.#byBeginning;
    if (!oldest) return;
    this.#byBeginning.delete(oldest[0]);
    this.#count -= oldest[1].size;
  }
}
