import { runFleet } from './fleet.ts';
import type { Mutant } from './mutants/mutant.ts';
import { taskOf } from './simulation-run.ts';
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

/** Plays worlds of each mutant until an invariant notices it. */
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
  let index = 0;
  const next = () =>
    by !== null || lifecycles >= mostLifecycles ? null : taskOf(seed, index++, { stopAtFirst: true });
  const onReport = ({ violations }: WorldReport) => {
    lifecycles += lifecyclesOfWorld;
    by = violations[0] ?? null;
  };
  await runFleet({ workers: 1, mutant: mutant.name, next, onReport, signal });
  return { mutant, by, lifecycles };
}
