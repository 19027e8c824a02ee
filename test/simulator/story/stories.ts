import fc from 'fast-check';
import type { Blow, Deed, Lifecycle, Roughness, Story, Strike, Timed } from './story.ts';

/** Changes that live in one world: most of its time goes into polls that nobody needs, however many share them. */
export const lifecyclesOfWorld = 100;

const config = fc.oneof(
  { weight: 6, arbitrary: fc.constant('small' as const) },
  { weight: 4, arbitrary: fc.constant('two-suites' as const) },
  { weight: 1, arbitrary: fc.constant('broken' as const) },
  { weight: 1, arbitrary: fc.constant('none' as const) },
);
/** At once, while something is under way, or when all is over. */
const pauseMs = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 60_000, max: 300_000 }) },
);
const command = fc.constantFrom(
  '/greenroom redeploy',
  '/redeploy',
  '/greenroom run smoke',
  '/greenroom run nothing',
  '/greenroom teardown',
  '/greenroom keep 5m',
  '/greenroom keep 1h',
  '/greenroom help',
  'looks good to me',
);
const by = fc.oneof(
  { weight: 6, arbitrary: fc.constant('writer' as const) },
  { weight: 1, arbitrary: fc.constant('stranger' as const) },
);

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('push' as const), config: fc.option(config, { freq: 8 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('force-push-back' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete-config' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('edit-base' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('draft' as const), draft: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('twin' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('labels' as const), deliveries: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('comment' as const), body: command, by }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rerequest' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('enqueue' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('dequeue' as const) }) },
);

const timed: fc.Arbitrary<Timed> = fc.record({
  afterMs: pauseMs,
  to: fc.constantFrom('change' as const, 'change' as const, 'twin' as const),
  deed,
});

/** Somebody asks for time while the run is under way; the change moves on when all is long over. Chance alone seldom gets that far. */
const looksAround: fc.Arbitrary<Timed[]> = fc.tuple(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 40_000 }),
    to: fc.constant('change' as const),
    deed: fc.record({
      kind: fc.constant('comment' as const),
      body: fc.constantFrom('/greenroom keep 1h', '/greenroom keep 4h'),
      by: fc.constant('writer' as const),
    }),
  }),
  fc.record({
    afterMs: fc.integer({ min: 60_000, max: 400_000 }),
    to: fc.constant('change' as const),
    deed: fc.oneof(
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('push' as const), config: fc.constant(null) }) },
    ),
  }),
);

/** True once in so many times. */
function rarely(times: number): fc.Arbitrary<boolean> {
  return fc.constantFrom(...Array.from({ length: times }, (_, index) => index === times - 1));
}

const lifecycle: fc.Arbitrary<Lifecycle> = fc.record({
  opensAtMs: fc.integer({ min: 0, max: 600_000 }),
  author: fc.constantFrom('ada', 'grace', 'edsger', 'barbara'),
  draft: rarely(8),
  fork: rarely(16),
  config,
  deeds: fc.oneof(
    { weight: 9, arbitrary: fc.array(timed, { maxLength: 6, size: 'max' }) },
    { weight: 1, arbitrary: looksAround },
  ),
});

const replica = fc.integer({ min: 0, max: 4 });
/** Shorter than a lease, about as long, and long after it. */
const absenceMs = fc.oneof(
  fc.integer({ min: 1_000, max: 14_000 }),
  fc.integer({ min: 14_000, max: 40_000 }),
  fc.integer({ min: 40_000, max: 150_000 }),
);

const blow: fc.Arbitrary<Blow> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('kill' as const), replica, restartAfterMs: absenceMs }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('freeze' as const), replica, forMs: absenceMs }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drain' as const), replica, restartAfterMs: absenceMs }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('jump-clock' as const),
      replica,
      byMs: fc.integer({ min: -120_000, max: 120_000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('forge-outage' as const, 'cluster-outage' as const, 'database-outage' as const),
      forMs: fc.integer({ min: 500, max: 90_000 }),
    }),
  },
);

const strike: fc.Arbitrary<Strike> = fc.record({
  atMs: fc.integer({ min: 0, max: 1_200_000 }),
  afterEvents: fc.integer({ min: 0, max: 200 }),
  blow,
});

const amount = fc.constantFrom(0, 1, 3);
const roughness: fc.Arbitrary<Roughness> = fc.record({
  deliveries: amount,
  forge: amount,
  store: amount,
  wakeUps: amount,
  cluster: amount,
  provisioning: amount,
  images: amount,
  suites: amount,
});

function stories({ least, most }: { least: number; most: number }): fc.Arbitrary<Story> {
  return fc.record({
    lifecycles: fc.array(lifecycle, { minLength: least, maxLength: most, size: 'max' }),
    strikes: fc.array(strike, { maxLength: 16, size: 'max' }),
    roughness,
    room: fc.integer({ min: 2, max: 16 }),
    replicas: fc.constantFrom(2, 2, 2, 3, 3, 3, 4, 5),
  });
}

/** The story that belongs to a seed: always the same. */
export function storyOf(seed: number, lifecycles = lifecyclesOfWorld): Story {
  const told: Story[] = [];
  const all = stories({ least: lifecycles, most: lifecycles });
  fc.assert(
    fc.property(all, (story) => void told.push(story)),
    { seed, numRuns: 1, unbiased: true },
  );
  const [story] = told;
  if (story === undefined) throw new Error(`telling the story of the seed ${seed}: none came`);
  return story;
}

/**
 * The smallest story that still fails, as far as `mostTries` plays find it: fewer changes, fewer deeds, fewer blows, fairer
 * weather, rounder numbers.
 */
export async function shrinkStory(
  story: Story,
  fails: (smaller: Story) => Promise<boolean>,
  mostTries: number,
): Promise<Story> {
  let smallest = story;
  let tries = 0;
  const property = fc.asyncProperty(stories({ least: 1, most: story.lifecycles.length }), async (candidate) => {
    if (candidate === story) throw new Error('it fails');
    if (tries++ >= mostTries || !(await fails(candidate))) return;
    smallest = candidate;
    throw new Error('it fails');
  });
  await fc.check(property, { examples: [[story]], numRuns: 1 });
  return smallest;
}
