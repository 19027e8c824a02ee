import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PolicyKnowledge } from '../../../src/runner/policies/policy-knowledge.ts';
import type { PolicyFinding } from '../../../src/runner/policies/probe-policies.ts';

const never = new AbortController().signal;
const holds: PolicyFinding = { enforced: 'yes', detail: 'seen', leftover: null };
const broke: PolicyFinding = { enforced: 'unknown', detail: 'broke', leftover: null };

/** A cluster that answers when the test says so. */
function aCluster(answer: PolicyFinding) {
  const asked: AbortSignal[] = [];
  const found: PolicyFinding[] = [];
  const gate = Promise.withResolvers<PolicyFinding>();
  const knowledge = new PolicyKnowledge({
    ask: (signal) => {
      asked.push(signal);
      return gate.promise;
    },
    onFound: (finding) => found.push(finding),
  });
  return { knowledge, asked, found, answers: () => gate.resolve(answer) };
}

test('before anybody asked nothing is known, and whoever begins to ask does not wait', () => {
  const { knowledge, asked } = aCluster(holds);
  knowledge.begin();

  expect(asked).toHaveLength(1);
  expect(knowledge.latest).toMatchObject({ enforced: 'unknown', detail: 'the cluster has not been asked yet' });
});

test('whoever needs the answer waits for the one question that is under way', async () => {
  const { knowledge, asked, found, answers } = aCluster(holds);
  knowledge.begin();
  const waiting = [knowledge.settled(never), knowledge.settled(never)];
  answers();

  expect(await Promise.all(waiting)).toEqual([
    { enforced: 'yes', detail: 'seen' },
    { enforced: 'yes', detail: 'seen' },
  ]);
  expect([asked.length, found]).toEqual([1, [holds]]);
});

test.each([holds, broke])('what was just found is not asked again: $enforced', async (answer) => {
  const { knowledge, asked, answers } = aCluster(answer);
  answers();
  await knowledge.settled(never);
  await knowledge.settled(never);

  expect(asked).toHaveLength(1);
});

test('whoever goes away stops waiting, and takes the answer from nobody', async () => {
  const { knowledge, answers } = aCluster(holds);
  const gone = new AbortController();
  const left = knowledge.settled(gone.signal);
  gone.abort(new Error('the run ended'));

  await expect(left).rejects.toThrow('the run ended');
  answers();
  expect((await knowledge.settled(never)).enforced).toBe('yes');
});

test('closing aborts the question, waits until it has cleared up, and asks no other', async () => {
  const { knowledge, asked, answers } = aCluster(broke);
  knowledge.begin();
  let isClosed = false;
  const closed = knowledge.close().then(() => {
    isClosed = true;
  });
  await sleep(0);
  const before = isClosed;
  answers();
  await closed;
  knowledge.begin();

  expect([asked[0]?.aborted, before, isClosed, asked.length]).toEqual([true, false, true, 1]);
});
