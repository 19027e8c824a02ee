import { calm, rough, type Weather } from '../world/weather.ts';
import type { Roughness, Story } from './story.ts';

type Numbers = Record<string, number | readonly [number, number]>;

/** The weather of a story: `rough`, each part of it as much as the story says. */
export function weatherOf({ roughness }: Pick<Story, 'roughness'>): Weather {
  const parts = (Object.keys(rough) as (keyof Weather & keyof Roughness)[]).map((part) => [
    part,
    roughness[part] === 0 ? calm[part] : scaled(rough[part] as unknown as Numbers, roughness[part]),
  ]);
  const weather = Object.fromEntries(parts) as Weather;
  const [least, most] = rough.images.pushedAfterMs;
  // Whoever waits long for an image has time to be closed meanwhile.
  const pushedAfterMs = [least, most * Math.max(1, roughness.images)] as const;
  return { ...weather, images: { ...weather.images, pushedAfterMs } };
}

/** Rates only: spans are as long as they are. */
function scaled(part: Numbers, times: number): Numbers {
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [name, typeof value === 'number' ? Math.min(1, value * times) : value]),
  );
}
