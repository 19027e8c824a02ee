import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoChange, openDemoChange } from '../src/cli/demo-change.ts';
import { changeIdOf } from '../src/run/change-id.ts';
import { runsOfChange } from '../src/store/runs.ts';
import { teardownOf } from '../src/store/teardowns.ts';
import { type JourneyStand, openJourneyStand } from './journey-stand.ts';

let stand: JourneyStand;
let change: DemoChange;

beforeAll(async () => {
  stand = await openJourneyStand();
  change = await openDemoChange(stand.github, stand.service, {
    breakName: null,
    repositoryName: 'shop',
    signal: AbortSignal.timeout(900_000),
  });
});

afterAll(async () => {
  await stand.close();
});

describe('a pull request from its opening to its receipt', () => {
  test('is tested in an environment of its own and gets its checks, its load report and its one comment', async () => {
    const run = await change.verdict(1);

    const { document } = run;
    expect(document.verdict, JSON.stringify(document.failure)).toBe('passed');
    expect(document.images.every((image) => /^sha256:[0-9a-f]{64}$/.test(image.digest))).toBe(true);
    expect(Object.fromEntries(change.checks().map((check) => [check.name, check.conclusion]))).toEqual({
      greenroom: 'success',
      'greenroom / smoke': 'success',
      'greenroom / shopping': 'success',
      'greenroom / browse': 'success',
    });
    // The comment is edited every ten seconds at most: its last word may follow the checks.
    await expect.poll(() => commentsOf()[0]?.body, { timeout: 60_000 }).toContain('p95');
    expect(commentsOf()).toHaveLength(1);
  });

  test('its report stays readable after the teardown, with the load report and the HTML report', async () => {
    const run = await change.verdict(1);
    const page = await fetch(`${stand.service.url}/runs/${run.id}`);
    const html = run.document.suites
      .flatMap((suite) => suite.artifacts)
      .find((artifact) => artifact.name.endsWith('index.html'));
    const report = await fetch(`${stand.service.url}${html?.href}`);

    expect(page.status).toBe(200);
    expect(await page.text()).toContain('browse');
    expect(report.status).toBe(200);
    expect(report.headers.get('content-security-policy')).toContain('sandbox');
    expect((await fetch(`${stand.service.url}/api/runs/${run.id}`).then((answer) => answer.json())).verdict).toBe(
      'passed',
    );
  });

  test('a redeploy in a comment runs it again, once, however often the comment is delivered', async () => {
    const commentId = await change.comment('/greenroom redeploy');
    await stand.github.settled();
    const delivery = stand.github.deliveries.findLast((one) => one.event === 'issue_comment');
    if (delivery) await stand.github.redeliver(delivery.guid);
    const run = await change.verdict(2);

    const runs = await runsOfChange(stand.service.store, changeIdOf('acme/shop', change.number));
    expect(run.document.verdict).toBe('passed');
    expect(run.document.run.trigger).toBe('command');
    expect(runs).toHaveLength(2);
    expect(stand.github.reactionsOf(commentId).map((reaction) => reaction.content)).toEqual(['rocket']);
    expect(commentsOf()).toHaveLength(1);
  });

  test('a stranger commands nothing', async () => {
    const commentId = await change.commentAs('mallory', '/greenroom redeploy');
    await expect
      .poll(() => stand.github.reactionsOf(commentId).map((one) => one.content), { timeout: 30_000 })
      .toEqual(['-1']);

    const runs = await runsOfChange(stand.service.store, changeIdOf('acme/shop', change.number));
    expect(runs).toHaveLength(2);
  });

  test('a newer head takes the place of the older run, which ends cancelled and leaves nothing', async () => {
    const first = await change.push({ 'NEWS.md': '# News\n\nOne.\n' });
    await expect.poll(async () => (await newest())?.document.phase, { timeout: 120_000 }).toBe('provisioning');
    const older = await newest();
    const second = await change.push({ 'NEWS.md': '# News\n\nTwo.\n' });
    const done = await change.verdict(4);

    const cancelled = await change.verdict(3);
    expect([older?.headSha, done.headSha]).toEqual([first, second]);
    expect(cancelled.document.verdict).toBe('cancelled');
    expect(change.checksOf(first).find((check) => check.name === 'greenroom')?.conclusion).toBe('cancelled');
    expect(done.document.verdict, JSON.stringify(done.document.failure)).toBe('passed');
  });

  test('closing it in the middle of a run tears everything down, and the receipts prove it', async () => {
    await change.comment('/greenroom redeploy');
    await expect.poll(async () => (await newest())?.document.phase, { timeout: 120_000 }).toBe('testing');
    await change.close();

    const runs = await runsOfChange(stand.service.store, changeIdOf('acme/shop', change.number));
    const states = await Promise.all(runs.map(async (run) => (await teardownOf(stand.service.store, run.id))?.state));
    expect(runs[0]?.document.verdict).toBe('cancelled');
    expect(new Set(states)).toEqual(new Set(['gone']));
    expect(await stand.namespaces()).toEqual([]);
    stand.github.assertClean();
  });
});

async function newest() {
  return (await runsOfChange(stand.service.store, changeIdOf('acme/shop', change.number)))[0];
}

function commentsOf() {
  return change.comments().filter((comment) => comment.viaApp && comment.body.includes('greenroom:'));
}
