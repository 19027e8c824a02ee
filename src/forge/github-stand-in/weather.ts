/** How often what goes wrong, as shares of all requests and deliveries. */
export interface Weather {
  seed: number;
  /** A bad gateway before anything was done. */
  refused: number;
  /** A bad gateway although what was asked was done. */
  lost: number;
  /** A secondary limit, and that GitHub wants to be left alone for a second. */
  limited: number;
  /** Up to so long behind the others; the share of answers and of deliveries. */
  late: number;
  latestMs: number;
  /** Deliveries that come again. */
  doubled: number;
}

export const badWeather: Weather = {
  seed: 1,
  refused: 0.05,
  lost: 0.05,
  limited: 0.01,
  late: 0.2,
  latestMs: 100,
  doubled: 0.2,
};

export type Mood = 'refused' | 'lost' | 'limited' | null;

/** What goes wrong next, always the same for one seed and one order of requests. */
export class WeatherDice {
  readonly #weather: Weather;
  #state: number;

  constructor(weather: Weather) {
    this.#weather = weather;
    this.#state = weather.seed;
  }

  mood(): Mood {
    const { refused, lost, limited } = this.#weather;
    const roll = this.#next();
    if (roll < refused) return 'refused';
    if (roll < refused + lost) return 'lost';
    return roll < refused + lost + limited ? 'limited' : null;
  }

  /** For how long the next answer or delivery stays away; mostly 0. */
  delayMs(): number {
    const { late, latestMs } = this.#weather;
    return this.#next() < late ? Math.ceil(this.#next() * latestMs) : 0;
  }

  isDoubled(): boolean {
    return this.#next() < this.#weather.doubled;
  }

  /** mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}
