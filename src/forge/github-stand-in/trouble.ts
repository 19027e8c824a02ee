import { Faults } from './faults.ts';
import { type Limits, publishedLimits, RateLimits } from './rate-limits.ts';
import { type Weather, WeatherDice } from './weather.ts';

const unlimited = {
  pointsPerMinute: Number.POSITIVE_INFINITY,
  creationsPerMinute: Number.POSITIVE_INFINITY,
  creationsPerHour: Number.POSITIVE_INFINITY,
  atOnce: Number.POSITIVE_INFINITY,
};

/** Everything that can go wrong: single faults, limits, the weather. */
export interface Trouble {
  faults: Faults;
  rateLimits: RateLimits;
  weather: () => WeatherDice | null;
  setWeather(weather: Weather | null): void;
}

/** @param limits default: none but the hourly one */
export function openTrouble(limits: Partial<Limits> | undefined, now: () => Date): Trouble {
  let dice: WeatherDice | null = null;
  return {
    faults: new Faults(),
    rateLimits: new RateLimits({ ...publishedLimits, ...unlimited, ...limits }, () => now().getTime()),
    weather: () => dice,
    setWeather(weather) {
      dice = weather === null ? null : new WeatherDice(weather);
    },
  };
}
