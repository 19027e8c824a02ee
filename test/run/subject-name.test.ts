import { expect, test } from 'vitest';
import { subjectName } from '../../src/run/subject-name.ts';

const sha = 'ab'.repeat(20);

test.each([
  [7, null, 'acme/shop #7'],
  [null, null, 'acme/shop'],
  [null, `refs/heads/gh-readonly-queue/main/pr-7-${sha}`, 'acme/shop merge queue main/pr-7-abababa'],
  [null, 'refs/heads/queue/of/another/forge', 'acme/shop merge queue queue/of/another/forge'],
])('change %s on the branch %s is "%s"', (change, queueRef, name) => {
  expect(subjectName({ repository: 'acme/shop', change, queueRef })).toBe(name);
});
