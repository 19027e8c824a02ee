import { SeededRandom } from '../clock/seeded-random.ts';
import type { Rate, Span } from './weather.ts';

/** Chance for one part of the world: what another part does leaves its throws alone. */
export class Dice {
  readonly #random: SeededRandom;

  constructor(seed: number, part: string) {
    let mixed = seed | 0;
    for (const letter of part) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193);
    this.#random = new SeededRandom(mixed);
  }

  chance(rate: Rate): boolean {
    return rate > 0 && this.#random.next() < rate;
  }

  /** Whole milliseconds. */
  within([leastMs, mostMs]: Span): number {
    return this.#random.integer(leastMs, mostMs + 1);
  }

  pick<T>(list: readonly [T, ...T[]]): T;
  pick<T>(list: readonly T[]): T | undefined;
  pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random.integer(0, list.length)];
  }

  /** So many hexadecimal digits. */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.#random.uint32().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  uuid(): string {
    return this.#random.uuid();
  }
}
