import { describe, expect, test } from 'vitest';
import { shrinkStory, storyOf } from './stories.ts';
import type { Story } from './story.ts';
import { tellStory } from './tell-story.ts';
import { weatherOf } from './weather-of.ts';

test('a seed tells one story, always the same, of as many changes as asked for', () => {
  const story = storyOf(7, 20);

  expect(story.lifecycles).toHaveLength(20);
  expect(storyOf(7, 20)).toEqual(story);
  expect(storyOf(8, 20)).not.toEqual(story);
});

test('a story shrinks to what it fails by', async () => {
  const fails = (one: Story) =>
    one.lifecycles.some((life) => life.deeds.some(({ deed }) => deed.kind === 'twin')) &&
    one.strikes.some(({ blow }) => blow.kind === 'freeze');
  const story = Array.from({ length: 50 }, (_, seed) => storyOf(seed, 20)).find(fails) ?? storyOf(1, 20);

  const smallest = await shrinkStory(story, async (one) => fails(one), 200);

  const told = tellStory(smallest);
  expect(told.length).toBeLessThanOrEqual(6);
  expect(told[0]).toContain('rough: nothing');
  for (const part of [/change \d+: opened/, /another change is opened with the same head/, /freeze of replica/])
    expect(told.some((line) => part.test(line))).toBe(true);
});

test('a story of which nothing smaller fails stays as it is', async () => {
  const story = storyOf(3, 20);

  expect(await shrinkStory(story, async () => false, 30)).toEqual(story);
});

describe('the weather of a story', () => {
  const { roughness } = storyOf(1, 1);

  test('is calm where the story says nothing of it', () => {
    const weather = weatherOf({ roughness: { ...roughness, forge: 0 } });

    expect(weather.forge).toMatchObject({ unavailable: 0, lostAfter: 0 });
  });

  test('is rougher by as much as the story says', () => {
    const [once, thrice] = [1, 3].map((forge) => weatherOf({ roughness: { ...roughness, forge } }).forge);

    expect(thrice?.unavailable).toBeCloseTo((once?.unavailable ?? 0) * 3);
    expect(thrice?.latencyMs).toEqual(once?.latencyMs);
  });
});
