import { describe, expect, test } from 'vitest';
import { aRun, aSuite } from './builders.ts';
import { aWorld } from './publishing-world.ts';

const { signal } = new AbortController();

const passed = { phase: 'reporting' as const, verdict: 'passed' as const, reason: 'All good.' };

test('an entry of the merge queue gets its checks and no comment: its changes have theirs', async () => {
  const { publisher, checks, comments } = aWorld();
  const run = { ...aRun({ ...passed, suites: [] }), change: null, queueRef: 'refs/heads/queue/main/pr-7' };
  await publisher.report(run, signal);
  await publisher.drained();

  expect(checks).toMatchObject([{ check: { name: 'greenroom', headSha: run.headSha, conclusion: 'success' } }]);
  expect(comments).toEqual([]);
});

test.each<[string, (state: ReturnType<typeof aWorld>['state']) => void]>([
  [
    'a newer run has begun on the commit',
    (state) =>
      Object.assign(state, { newest: { generation: 9, headSha: aRun({}).headSha, generationHere: 9, closed: false } }),
  ],
  ['the run has gone on', (state) => Object.assign(state, { hasGoneOn: true })],
])('what waited for its turn is not told when %s meanwhile', async (_, happen) => {
  const { publisher, checks, comments, problems, state } = aWorld();
  state.onTurn = async () => happen(state);
  await publisher.report(aRun({ phase: 'queued', suites: [] }), signal);
  await publisher.drained();

  expect([checks, comments, problems]).toEqual([[], [], []]);
});

test('a look that took as long as a freeze is taken again', async () => {
  const { publisher, checks, state } = aWorld();
  let looks = 0;
  state.onLook = () => {
    looks += 1;
    if (looks === 2) state.now += 60_000;
    if (looks === 3) state.hasGoneOn = true;
  };
  await publisher.report(aRun({ phase: 'queued', suites: [] }), signal);
  await publisher.drained();

  expect(checks).toEqual([]);
});

test('a working tree is told of to nobody', async () => {
  const { publisher, checks } = aWorld();
  await publisher.report({ ...aRun({ ...passed, suites: [] }), change: null }, signal);

  expect(checks).toEqual([]);
});

test('a check that an older run left open on the commit is concluded with the newer run, and in its name', async () => {
  const { publisher, checks } = aWorld();
  const older = aRun({ phase: 'testing', suites: [aSuite({ status: 'running' })] });
  await publisher.report(older, signal);
  await publisher.drained();
  const { document, ...rest } = aRun({ ...passed, suites: [] });
  const isNewer = { document: { ...document, run: { ...document.run, id: 'r2' } }, generation: older.generation + 1 };
  const newer = { ...rest, ...isNewer, id: 'r2' };
  await publisher.report(newer, signal);

  const last = new Map(checks.map(({ id, check }) => [id, check]));
  expect([...last.values()].map((check) => [check.name, check.conclusion, check.externalId])).toEqual([
    ['greenroom', null, older.id],
    ['greenroom / shopping', 'cancelled', 'r2'],
    ['greenroom', 'success', 'r2'],
  ]);
});

test('a comment that another replica is making is waited for and edited, never made twice', async () => {
  const { publisher, comments, knownComments, state, pauses } = aWorld();
  const run = aRun({ ...passed, suites: [] });
  state.isCommentClaimed = true;

  const told = publisher.report(run, signal);
  await expect.poll(() => pauses.length).toBe(1);
  knownComments.set(run.changeId, 'theirs');
  pauses[0]?.end();
  await told;
  await publisher.drained();

  expect(comments.map(({ given }) => given)).toEqual(['theirs']);
});

test('a first comment that waited too long for its turn is not made: another replica may be at it', async () => {
  const { publisher, comments, state, problems } = aWorld();
  state.onTurn = async () => {
    state.now += 20_000;
  };

  await publisher.report(aRun(passed), signal);
  await publisher.drained();

  expect([comments, problems.map(String)]).toEqual([[], ['Error: making the first comment took too long']]);
});

test('a run gets its checks and its comment, and the same ones are edited later', async () => {
  const { publisher, checks, comments, state } = aWorld();

  await publisher.report(aRun({ phase: 'testing', suites: [aSuite({ status: 'running' })] }), signal);
  await publisher.drained();
  state.now += 10_000;
  await publisher.report(aRun({ ...passed, suites: [aSuite()] }), signal);
  await publisher.drained();

  expect(checks.map(({ id, given, check }) => [id, given, check.name, check.conclusion])).toEqual([
    ['check-1', null, 'greenroom', null],
    ['check-2', null, 'greenroom / shopping', null],
    ['check-1', 'check-1', 'greenroom', 'success'],
    ['check-2', 'check-2', 'greenroom / shopping', 'success'],
  ]);
  expect(comments.map(({ given }) => given)).toEqual([null, 'comment-1']);
});

test('what the forge has already is not sent again', async () => {
  const { publisher, checks, comments, state } = aWorld();

  await publisher.report(aRun(passed), signal);
  await publisher.drained();
  state.now += 10_000;
  await publisher.report(aRun(passed), signal);
  await publisher.drained();

  expect([checks.length, comments.length]).toEqual([1, 1]);
});

test('states that come while one waits are told as one, and the checks of a verdict do not wait', async () => {
  const { publisher, checks, comments, pauses } = aWorld();

  await publisher.report(aRun(), signal);
  await publisher.drained();
  await publisher.report(aRun({ phase: 'image' }), signal);
  await publisher.report(aRun({ phase: 'provisioning' }), signal);
  await publisher.report(aRun(passed), signal);

  expect(pauses.map(({ ms }) => ms)).toEqual([4000, 10_000]);
  expect(checks.map(({ check }) => check.title)).toEqual(['Queued', 'All good']);
  expect(comments).toHaveLength(1);
});

test('the comment is edited at most every ten seconds, with the newest there is to say, and nobody waits for a verdict’s', async () => {
  const { publisher, comments, pauses } = aWorld();
  await publisher.report(aRun(), signal);
  await publisher.drained();
  await publisher.report(aRun(passed), signal);
  const done = publisher.report(
    aRun({ ...passed, phase: 'done', teardown: { ...aRun().document.teardown, status: 'gone' } }),
    signal,
  );
  expect(comments).toHaveLength(1);

  pauses.at(-1)?.end();
  await done;

  expect(pauses.map(({ ms }) => ms)).toEqual([10_000]);
  expect(comments).toHaveLength(2);
  expect(comments[1]?.body).toContain('Receipt');
});

test('a newer run does not wait for what an older one had no say in', async () => {
  const { publisher, comments, pauses, state } = aWorld();
  await publisher.report(aRun(), signal);
  await publisher.drained();
  state.now += 10_000;
  state.newest = { generation: 9, headSha: aRun().headSha, generationHere: 9, closed: false };
  await publisher.report(aRun({ ...passed, verdict: 'cancelled' }), signal);
  await publisher.drained();
  await publisher.report(aRun({}, { id: 'r9', generation: 9 }), signal);
  await publisher.drained();

  expect(pauses).toEqual([]);
  expect(comments).toHaveLength(2);
});

test('a comment that the forge refuses fails the report of a run that is done, and no other', async () => {
  const { publisher, problems, state } = aWorld();
  state.refusesComments = true;
  await publisher.report(aRun(passed), signal);
  await publisher.drained();
  expect(problems).toHaveLength(1);

  state.now += 10_000;
  await expect(publisher.report(aRun({ ...passed, phase: 'done' }), signal)).rejects.toThrow('no comments');
});

test('a new generation on the same commit gets checks of its own', async () => {
  const { publisher, checks } = aWorld();

  await publisher.report(aRun(passed), signal);
  await publisher.report(aRun(passed, { id: 'r2', generation: 4 }), signal);

  expect(checks.map(({ id, check }) => [id, check.externalId])).toEqual([
    ['check-1', 'r1'],
    ['check-2', 'r2'],
  ]);
});

describe('an older generation', () => {
  const cancelled = { ...passed, verdict: 'cancelled' as const };

  test('says nothing on a commit that a newer one speaks on', async () => {
    const { publisher, checks, comments } = aWorld({
      newest: { generation: 4, headSha: aRun().headSha, generationHere: 4, closed: false },
    });

    await publisher.report(aRun(cancelled), signal);
    await publisher.drained();

    expect([checks, comments]).toEqual([[], []]);
  });

  test('still concludes its own, other commit, and leaves the comment alone', async () => {
    const { publisher, checks, comments } = aWorld({
      newest: { generation: 4, headSha: 'f'.repeat(40), generationHere: 3, closed: false },
    });

    await publisher.report(aRun(cancelled), signal);
    await publisher.drained();

    expect(checks.map(({ check }) => check.conclusion)).toEqual(['cancelled']);
    expect(comments).toEqual([]);
  });

  test('loses the comment to a newer one that comes while it writes its checks', async () => {
    const { publisher, state, comments } = aWorld();
    const report = publisher.report(aRun(cancelled), signal);
    state.newest = { generation: 4, headSha: 'f'.repeat(40), generationHere: 3, closed: false };

    await report;
    await publisher.drained();

    expect(comments).toEqual([]);
  });
});

test('a red change on the same commit keeps the aggregate check of a green one red', async () => {
  const sibling = aRun({ verdict: 'failed', reason: 'Red.' }, { id: 'r9', change: 8, changeId: 'c8' });
  const { publisher, checks } = aWorld({ siblings: [sibling] });

  await publisher.report(aRun(passed), signal);

  expect(checks[0]?.check).toMatchObject({ conclusion: 'failure', title: '#8 on the same commit: Failed: red' });
});

test('a forge that is away loses a report between two, and fails the last one', async () => {
  const { publisher, state, problems, checks } = aWorld();
  state.broken = true;

  await publisher.report(aRun(), signal);
  await publisher.drained();
  await expect(publisher.report(aRun(passed), signal)).rejects.toThrow('the forge is away');
  state.broken = false;
  await publisher.report(aRun(passed), signal);

  expect(problems).toHaveLength(1);
  expect(checks).toHaveLength(1);
});

test('nobody is told of a skipped change but by its check', async () => {
  const { publisher, checks, comments } = aWorld();

  await publisher.report(aRun({ ...passed, verdict: 'skipped' }), signal);
  await publisher.drained();

  expect([checks[0]?.check.conclusion, comments.length]).toEqual(['neutral', 0]);
});

test('a comment that was begun, and that nobody has heard of, hears of the skipped change', async () => {
  const { publisher, comments, state, pauses } = aWorld();
  state.isCommentClaimed = true;

  const told = publisher.report(aRun({ ...passed, verdict: 'skipped' }), signal);
  await expect.poll(() => pauses.length).toBe(1);
  state.isCommentClaimed = false;
  pauses[0]?.end();
  await told;
  await publisher.drained();

  expect(comments).toHaveLength(1);
});

test('a working tree has no forge', async () => {
  const { publisher, checks } = aWorld();

  await publisher.report(aRun(passed, { change: null }), signal);

  expect(checks).toEqual([]);
});

test('a first comment that was overtaken before it was sent leaves the claim to whoever has more to say', async () => {
  const { publisher, state, comments } = aWorld();
  state.hasGoneOn = true;
  await publisher.report(aRun({ phase: 'queued', suites: [] }), signal);
  await publisher.drained();

  expect([comments.length, state.claimsLeft]).toEqual([0, 1]);
});
