import { runFleet } from './fleet.ts';
import type { Mutant } from './mutants/mutant.ts';
import { runSimulation, taskOf } from './simulation-run.ts';
import { lifecyclesOfWorld } from './story/stories.ts';
import type { WorldReport } from './world-task.ts';

export interface Hunt {
  seed: number;
  mutants: readonly Mutant[];
  /** Nobody looks longer for one. */
  mostLifecycles: number;
  workers: number;
  signal: AbortSignal;
  onCaught: (caught: Caught) => void;
}

export interface Caught {
  mutant: Mutant;
  /** Null when it lived through all of them. */
  by: { invariant: string; subject: string; detail: string } | null;
  lifecycles: number;
}

export interface Bag {
  caught: Caught[];
  /** What the core itself breaks in these worlds: it says nothing about a mutant. */
  ignored: string[];
}

/** Plays worlds of each mutant until an invariant notices it that the core as it is keeps in all of them. */
export async function huntMutants(hunt: Hunt): Promise<Bag> {
  const ignored = await brokenAnyway(hunt);
  const left = [...hunt.mutants];
  const caught: Caught[] = [];
  const hunter = async () => {
    for (let mutant = left.shift(); mutant !== undefined && !hunt.signal.aborted; mutant = left.shift()) {
      const one = await huntOne(hunt, mutant, ignored);
      caught.push(one);
      hunt.onCaught(one);
    }
  };
  await Promise.all(Array.from({ length: hunt.workers }, hunter));
  return { caught: hunt.mutants.flatMap((mutant) => caught.filter((one) => one.mutant === mutant)), ignored };
}

const mostControls = 6;

async function brokenAnyway({ seed, mostLifecycles, workers, signal }: Hunt): Promise<string[]> {
  const count = Math.min(mostControls, Math.ceil(mostLifecycles / lifecyclesOfWorld));
  const worlds = Array.from({ length: count }, (_, index) => index);
  const { broken } = await runSimulation({ seed, worlds, workers, signal });
  return [...broken.keys()];
}

async function huntOne(
  { seed, mostLifecycles, signal }: Hunt,
  mutant: Mutant,
  ignored: readonly string[],
): Promise<Caught> {
  let lifecycles = 0;
  let by: Caught['by'] = null;
  let index = 0;
  const next = () =>
    by !== null || lifecycles >= mostLifecycles ? null : taskOf(seed, index++, { stopAtFirst: true, ignored });
  const onReport = ({ violations }: WorldReport) => {
    lifecycles += lifecyclesOfWorld;
    by = violations[0] ?? null;
  };
  await runFleet({ workers: 1, mutant: mutant.name, next, onReport, signal });
  return { mutant, by, lifecycles };
}
