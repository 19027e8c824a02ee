import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { changeIdOf, queueEntryIdOf } from '../../src/run/change-id.ts';
import { newRunId } from '../../src/run/run-id.ts';

const label = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

test('a run id is a DNS label of 20 characters, made of the randomness given', () => {
  expect(newRunId((count) => new Uint8Array(count))).toBe('r0000000000000000000');
  expect(newRunId((count) => new Uint8Array(count).fill(255))).toBe('rzzzzzzzzzzzzzzzzzzz');
  expect(newRunId(randomBytes)).toMatch(label);
});

test('run ids do not repeat', () => {
  const ids = new Set(Array.from({ length: 5000 }, () => newRunId(randomBytes)));

  expect(ids.size).toBe(5000);
});

test('a change id is a short DNS label, the same for the same change', () => {
  expect(changeIdOf('o/r', 7)).toMatch(label);
  expect(changeIdOf('o/r', 7)).toHaveLength(13);
  expect(changeIdOf('O/R', 7)).toBe(changeIdOf('o/r', 7));
});

test('different changes have different ids', () => {
  const ids = new Set([changeIdOf('o/r', 7), changeIdOf('o/r', 8), changeIdOf('o/s', 7), changeIdOf('o/r', null)]);

  expect(ids.size).toBe(4);
});

test('an entry of the merge queue has an id of its own, by its branch as it is written', () => {
  const ref = 'refs/heads/gh-readonly-queue/main/pr-7-a';

  expect(queueEntryIdOf({ repository: 'O/R', ref })).toBe(queueEntryIdOf({ repository: 'o/r', ref }));
  expect(queueEntryIdOf({ repository: 'o/r', ref })).toMatch(label);
  expect(queueEntryIdOf({ repository: 'o/r', ref: ref.toUpperCase() })).not.toBe(
    queueEntryIdOf({ repository: 'o/r', ref }),
  );
  expect(queueEntryIdOf({ repository: 'o/r', ref: 'local' })).not.toBe(changeIdOf('o/r', null));
});
