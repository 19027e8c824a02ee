import { openWorld } from '../test/simulator/world/open-world.ts';
import { calm } from '../test/simulator/world/weather.ts';
import type { Snapshot } from '../test/simulator/world/world.ts';
import { type Figure, figureOf } from './figure.ts';

const busy = 'ada';
/** Changes by author: one opens more than all others together. */
const crowd: Readonly<Record<string, number>> = { [busy]: 70, grace: 10, edsger: 10, barbara: 10 };
const changes = Object.values(crowd).reduce((sum, count) => sum + count, 0);
const others = changes - (crowd[busy] ?? 0);
/** Four times what the simulator's usual change asks for, and not five times: one service and its suite, 560m of CPU. */
const capacity = { millicores: 2_400, bytes: 4 * 2 ** 30, pods: 80 };

/** Of the last change of an author with 10, when each of the four is served in turn. */
const fairPlace = (others / 3) * 4;

/**
 * 100 changes opened at once, the busiest author's first, with room for four environments: three replicas of the real core in the
 * simulator's world, on its virtual clock.
 */
export async function measureCrowd(): Promise<Figure[]> {
  const world = await openWorld({ seed: 1, replicas: 3, weather: calm, capacity });
  try {
    for (const [author, count] of Object.entries(crowd)) {
      for (let index = 0; index < count; index++) world.openChange({ author });
    }
    const { left } = await world.settle(48 * 3_600_000);
    const end = world.snapshot();
    const concluded = end.checks.filter(({ name, conclusion }) => name === 'greenroom' && conclusion === 'success');
    const name = (what: string) => `${what}, ${changes} changes at capacity 4 (simulated)`;
    return [
      figureOf({ name: name('not concluded'), unit: '', value: changes - concluded.length, most: 0 }),
      figureOf({
        name: name('lost or left open'),
        unit: '',
        value: changes - end.rows.runs.length + left.length,
        most: 0,
      }),
      figureOf({ name: name('most at work at the same time'), unit: '', value: mostAtWork(end), most: 4 }),
      figureOf({
        name: name(`admitted when the last of the ${others} of the other authors was`),
        unit: '',
        value: placeOfTheLast(end),
        floor: fairPlace,
        most: 1.5,
      }),
    ];
  } finally {
    world.end();
  }
}

interface Stay {
  author: string;
  from: number;
  until: number;
}

/** From the admission to the receipt. */
function staysOf({ rows }: Snapshot): Stay[] {
  const gone = new Map(rows.teardowns.map((row) => [row.run_id, Number(row.updated_at)]));
  return rows.runs
    .map((row) => ({ author: String(row.author), from: Number(row.admitted_at), until: gone.get(row.id) ?? Infinity }))
    .toSorted((one, other) => one.from - other.from);
}

function mostAtWork(end: Snapshot): number {
  const stays = staysOf(end);
  return Math.max(...stays.map(({ from }) => stays.filter((one) => one.from <= from && from < one.until).length));
}

function placeOfTheLast(end: Snapshot): number {
  return staysOf(end).findLastIndex(({ author }) => author !== busy) + 1;
}
