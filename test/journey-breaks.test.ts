import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDemoChange } from '../src/cli/demo-change.ts';
import type { Run } from '../src/run/run.ts';
import { type JourneyStand, openJourneyStand } from './journey-stand.ts';

let stand: JourneyStand;

beforeAll(async () => {
  stand = await openJourneyStand();
});

afterAll(async () => {
  await stand.close();
});

/** Of the changes whose verdict is in: they take their environments down while the next one is built. */
const closing: Promise<unknown>[] = [];

interface Told {
  run: Run;
  /** Conclusion by check's name. */
  conclusions: Record<string, string | null>;
  aggregate: string;
}

async function play(breakName: string): Promise<Told> {
  const signal = AbortSignal.timeout(500_000);
  const change = await openDemoChange(stand.github, stand.service, {
    breakName,
    repositoryName: `shop-${breakName}`,
    signal,
  });
  const run = await change.verdict(1);
  const checks = change.checks();
  closing.push(change.close());
  return {
    run,
    conclusions: Object.fromEntries(checks.map((check) => [check.name, check.conclusion])),
    aggregate: checks.find((check) => check.name === 'greenroom')?.title ?? '',
  };
}

describe('a change that is broken in a named way', () => {
  test('a broken checkout turns an end-to-end test red, with its assertion on the first screen', async () => {
    const { run, conclusions } = await play('broken-checkout');

    const { document } = run;
    const shopping = document.suites.find((suite) => suite.name === 'shopping');
    const red = shopping?.tests.filter((one) => one.status === 'failed') ?? [];
    expect(document.verdict).toBe('failed');
    expect(conclusions).toMatchObject({
      greenroom: 'failure',
      'greenroom / shopping': 'failure',
      'greenroom / smoke': 'success',
    });
    expect(red.length).toBeGreaterThan(0);
    expect(red[0]?.message).toMatch(/expect/i);
    expect(red[0]?.evidence?.join(' ')).toContain('"path":"/checkout","status":422');
    expect(shopping?.artifacts.map((artifact) => artifact.name).join(' ')).toContain('trace.zip');
  });

  test('a slow search crosses a k6 threshold and names it', async () => {
    const { run, conclusions } = await play('slow-search');

    const browse = run.document.suites.find((suite) => suite.name === 'browse');
    const crossed = browse?.metrics?.thresholds.filter((threshold) => !threshold.ok) ?? [];
    expect(run.document.verdict).toBe('failed');
    expect(conclusions['greenroom / browse']).toBe('failure');
    expect(crossed.map((threshold) => threshold.metric).join(' ')).toContain('search');
  });

  test('a crash loop is the fault of the product, with exit code and last log lines', async () => {
    const { run, conclusions } = await play('crash-loop');

    const { verdict, failure } = run.document;
    expect([verdict, failure?.class, failure?.code]).toEqual(['failed', 'product', 'CRASH_LOOP']);
    expect(failure?.evidence.join('\n')).toMatch(/exit code|exited/i);
    expect(conclusions.greenroom).toBe('failure');
  });

  test('a container over its memory limit is the fault of the product, with the limit', async () => {
    const { run } = await play('oom');

    const { verdict, failure } = run.document;
    expect([verdict, failure?.class, failure?.code]).toEqual(['failed', 'product', 'OOM_KILLED']);
    expect(`${failure?.message}\n${failure?.evidence.join('\n')}`).toMatch(/Mi\b/);
  });

  test('a missing image is not the fault of the change: not tested, the image named, nothing provisioned', async () => {
    const { run, conclusions, aggregate } = await play('missing-image');

    const { verdict, failure, environment } = run.document;
    expect([verdict, failure?.code]).toEqual(['errored', 'IMAGE_MISSING']);
    expect(failure?.message).toMatch(/shop\//);
    expect(environment).toBeNull();
    expect(conclusions.greenroom).toBe('failure');
    expect(aggregate).toMatch(/^Not tested: /);
  });

  test('a login that works at the second try is flaky and does not block', async () => {
    const { run, conclusions, aggregate } = await play('flaky-login');

    expect(run.document.verdict).toBe('flaky');
    expect(conclusions.greenroom).toBe('success');
    expect(aggregate).toBe('Passed after retry');
  });

  test('a change that deletes greenroom.yaml waits for approval, and approval lets it go', async () => {
    const signal = AbortSignal.timeout(300_000);
    const change = await openDemoChange(stand.github, stand.service, {
      breakName: 'no-config',
      repositoryName: 'shop-no-config',
      signal,
    });

    const run = await change.verdict(1);
    const [check] = change.checks();
    await change.comment(`/greenroom approve ${change.head()}`);
    const approved = await change.verdict(2);

    expect([run.document.verdict, run.document.failure?.code, check?.conclusion]).toEqual([
      'failed',
      'CONFIG_DELETED',
      'failure',
    ]);
    expect(approved.document.verdict).toBe('skipped');
    expect(change.checks()[0]?.conclusion).toBe('neutral');
    closing.push(change.close());
  });

  test('after all of them no namespace of this installation is left, and GitHub would have it all so', async () => {
    await Promise.all(closing);

    expect(await stand.namespaces()).toEqual([]);
    stand.github.assertClean();
  });
});
