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

/** Plays worlds of each mutant until an invariant notices it that the core as it is keeps in the very same world. */
export async function huntMutants(hunt: Hunt): Promise<Caught[]> {
  const left = [...hunt.mutants];
  const caught: Caught[] = [];
  const hunter = async () => {
    for (let mutant = left.shift(); mutant !== undefined && !hunt.signal.aborted; mutant = left.shift()) {
      const one = await huntOne(hunt, mutant);
      caught.push(one);
      hunt.onCaught(one);
    }
  };
  await Promise.all(Array.from({ length: hunt.workers }, hunter));
  return hunt.mutants.flatMap((mutant) => caught.filter((one) => one.mutant === mutant));
}

async function huntOne({ seed, mostLifecycles, signal }: Hunt, mutant: Mutant): Promise<Caught> {
  let lifecycles = 0;
  let by: Caught['by'] = null;
  for (let index = 0; by === null && lifecycles < mostLifecycles && !signal.aborted; index++) {
    const left = [taskOf(seed, index, { stopAtFirst: true })];
    const next = () => left.shift() ?? null;
    const onReport = ({ violations }: WorldReport) => {
      by = violations[0] ?? null;
    };
    await runFleet({ workers: 1, mutant: mutant.name, next, onReport, signal });
    lifecycles += lifecyclesOfWorld;
    const found: Caught['by'] = by;
    if (found !== null && (await isBrokenAnyway(seed, index, found, signal))) by = null;
  }
  return { mutant, by, lifecycles };
}

/** The core without the slip, in the very same world. */
async function isBrokenAnyway(
  seed: number,
  index: number,
  { invariant }: { invariant: string },
  signal: AbortSignal,
): Promise<boolean> {
  const { broken } = await runSimulation({ seed, worlds: [index], workers: 1, signal });
  return broken.has(invariant);
}
