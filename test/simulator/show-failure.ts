import type { Violation } from './invariants/invariant.ts';
import { instant, tellStory } from './story/tell-story.ts';
import type { WorldReport, WorldTask } from './world-task.ts';

/** The command that plays exactly this world again. */
export function replayCommand({ seed, index }: Pick<WorldTask, 'seed' | 'index'>): string {
  return `npm run simulate -- --seed ${seed} --world ${index}`;
}

export function violationLines(violations: readonly Violation[]): string[] {
  return violations.map(
    ({ invariant, atMs, subject, detail }) => `${instant(atMs)}  ${invariant}: ${subject}: ${detail}`,
  );
}

/** What broke in one world, and the smallest story that was found for it, also as a test. */
export function showFailure({ task, violations, smallest }: WorldReport): string {
  const lines = [`World ${task.index} of seed ${task.seed} (${replayCommand(task)}):`, ...violationLines(violations)];
  if (smallest === null) return lines.join('\n');
  const { story, seed } = smallest;
  return [
    ...lines,
    '',
    'The smallest story that was found for the first of them:',
    ...tellStory(story).map((line) => `  ${line}`),
    ...violationLines(smallest.violations).map((line) => `  ${line}`),
    '',
    'As a test (test/simulator/regressions):',
    '',
    `test('${smallest.violations[0]?.invariant}: ', async () => {`,
    `  const story: Story = ${JSON.stringify(story)};`,
    '',
    `  const { violations } = await simulate({ story, seed: ${seed} });`,
    '',
    '  expect(violations).toEqual([]);',
    '});',
  ].join('\n');
}
