import process, { argv, cpuUsage, resourceUsage } from 'node:process';
import type { Violation } from './invariants/invariant.ts';
import { installMutant } from './mutants/install-mutant.ts';
import { mutants } from './mutants/mutants.ts';
import type { Story } from './story/story.ts';
import { seedOfWorld, type WorldReport, type WorldTask } from './world-task.ts';

/** `fork`ed with the name of a mutant, or none: plays the worlds that its parent sends, one after another. */
const [, , mutantName] = argv;
const mutant = mutants.find(({ name }) => name === mutantName);
if (mutantName !== undefined && mutant === undefined) throw new Error(`no mutant is named "${mutantName}"`);
const notLoaded = mutant === undefined ? () => [] : installMutant(mutant);
// Only now, so that the mutant is what they load.
const { simulate } = await import('./simulate.ts');
const { shrinkStory, storyOf } = await import('./story/stories.ts');
const missed = notLoaded();
if (missed.length > 0) throw new Error(`the mutant "${mutantName}" changes what nobody loads: ${missed.join(', ')}`);

/** A smaller story draws other chances: it has some attempts to fail by. */
const attempts = 4;

process.on('message', (task: WorldTask) => void play(task).then((report) => process.send?.(report)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function play(task: WorldTask): Promise<WorldReport> {
  const { stopAtFirst, shrinkTries } = task;
  const before = cpuUsage();
  const seed = seedOfWorld(task);
  const story = storyOf(seed, task.lifecycles);
  const { violations, virtualMs } = await simulate({ story, seed, stopAtFirst });
  const { user, system } = cpuUsage(before);
  const [first] = violations;
  const smallest = first === undefined || shrinkTries === 0 ? null : await shrunk(story, seed, first, shrinkTries);
  return {
    task,
    violations,
    virtualMs,
    cpuMs: (user + system) / 1_000,
    peakBytes: resourceUsage().maxRSS * 1_024,
    smallest,
  };
}

async function shrunk(story: Story, seed: number, { invariant }: Violation, tries: number) {
  let found: { seed: number; violations: readonly Violation[] } = { seed, violations: [] };
  const breaks = async (smaller: Story, withSeed: number) => {
    const { violations } = await simulate({ story: smaller, seed: withSeed, stopAtFirst: true });
    const same = violations.filter((violation) => violation.invariant === invariant);
    if (same.length === 0) return false;
    found = { seed: withSeed, violations: same };
    return true;
  };
  const fails = async (smaller: Story) => {
    const seeds = smaller.lifecycles.length > 3 ? 1 : attempts;
    for (let attempt = 0; attempt < seeds; attempt++) if (await breaks(smaller, found.seed + attempt)) return true;
    return false;
  };
  const smallest = await shrinkStory(story, fails, tries);
  return { story: smallest, ...found };
}
