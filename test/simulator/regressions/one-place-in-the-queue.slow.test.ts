import { expect, test } from 'vitest';
import { simulate } from '../simulate.ts';
import type { Story } from '../story/story.ts';

const calm = {
  deliveries: 0,
  forge: 0,
  store: 0,
  wakeUps: 0,
  cluster: 0,
  provisioning: 0,
  images: 0,
  suites: 0,
};
const opened = { draft: false, fork: false, config: 'small' as const, deeds: [] };

test('a run that waits for room is told of by one replica: one comment, and no check that is never concluded', async () => {
  const authors = ['ada', 'grace', 'edsger', 'barbara', 'ada', 'grace', 'edsger', 'barbara'];
  const story: Story = {
    replicas: 4,
    roughness: calm,
    room: 2,
    lifecycles: authors.map((author, index) => ({ ...opened, author, opensAtMs: 1_000 * index })),
    strikes: [],
  };

  const { violations } = await simulate({ story, seed: 1 });

  expect(violations).toEqual([]);
});
