import process from 'node:process';
import { escapes } from './escapes.ts';
import type { Violation } from './invariants/invariant.ts';
import { watchWorld } from './invariants/watch-world.ts';
import { playStory } from './story/play-story.ts';
import type { Story } from './story/story.ts';
import { weatherOf } from './story/weather-of.ts';
import { openWorld } from './world/open-world.ts';
import type { World } from './world/world.ts';

export interface Simulation {
  violations: readonly Violation[];
  /** Of the world's own time. */
  virtualMs: number;
  /** Entries of the world's history. */
  entries: number;
}

export interface SimulateOptions {
  story: Story;
  /** Of everything that is left to chance. */
  seed: number;
  /** Ends with the first violation. */
  stopAtFirst?: boolean;
  onLog?: (replica: string, line: string, world: World) => void;
  /** Before the world ends. */
  look?: (world: World) => void;
}

/** Of the usual size. */
const environment = { millicores: 1_000, bytes: 2 ** 30, pods: 20 };

/** After the story's last word: longer than anything is kept, held or tried again. */
const longestSettlingMs = 4 * 3_600_000;

class Enough extends Error {}

/** Plays one story in a world of its own, and holds every invariant against it. One at a time in a process. */
export async function simulate({ story, seed, stopAtFirst, onLog, look }: SimulateOptions): Promise<Simulation> {
  const { replicas, room } = story;
  const capacity = {
    millicores: environment.millicores * room,
    bytes: environment.bytes * room,
    pods: environment.pods * room,
  };
  let world: World | null = null;
  const logging = onLog && {
    onLog: (replica: string, line: string) => void (world && onLog(replica, line, world)),
  };
  world = await openWorld({ seed, replicas, weather: weatherOf(story), capacity, ...logging });
  const watching = watchWorld(world, capacity);
  const step = () => {
    watching.step();
    if (stopAtFirst && watching.violations.length > 0) throw new Enough();
  };
  const escaped: unknown[] = [];
  const onEscape = (error: unknown) => escaped.push(error);
  process.on('unhandledRejection', onEscape);
  try {
    await playStory(world, story, step);
    watching.end(await world.settle(longestSettlingMs, { afterEach: step }));
  } catch (error) {
    if (!(error instanceof Enough)) escaped.push(error);
  } finally {
    look?.(world);
    world.end();
    process.off('unhandledRejection', onEscape);
  }
  const virtualMs = world.clock.nowMs;
  const broken = escaped.map((error): Violation => ({ ...nothingEscapes(error), atMs: virtualMs }));
  return { violations: [...watching.violations, ...broken], virtualMs, entries: world.history.entries.length };
}

/** What nobody catches ends the whole process in production. */
function nothingEscapes(error: unknown): Omit<Violation, 'atMs'> {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { invariant: escapes, subject: 'the process', detail };
}
