import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AdoptSuitesInput, adoptSuites } from '../../src/suites/adopt-suites.ts';
import { collectSuites } from '../../src/suites/collect-suites.ts';
import { type PreparedSuite, prepareSuites } from '../../src/suites/prepare-suites.ts';
import { releaseSuites } from '../../src/suites/release-suites.ts';
import type { RunSuitesInput } from '../../src/suites/run-suites.ts';
import { hasCluster, openSuiteCluster, type SuiteCluster } from './suite-cluster.ts';

const load = (path: string, seconds: number) => `import http from 'k6/http';
export const options = { vus: 1, duration: '${seconds}s' };
export function setup() { http.get(\`\${__ENV.BASE_URL}/begin-${path}\`); }
export default function () { http.get(\`\${__ENV.BASE_URL}/slow\`); }`;
const smoke = (path: string) => `- { name: home, path: /${path}, expect: { contains: Hello } }`;

describe.runIf(hasCluster)('suites whose player is gone', { timeout: 300_000 }, () => {
  let cluster: SuiteCluster;
  let count = 0;

  beforeAll(async () => {
    cluster = await openSuiteCluster();
  }, 300_000);
  afterAll(() => cluster?.remove(), 60_000);

  /** A smoke suite and a load suite of 15 s, warm, with names that no other test has. */
  async function warmSuites(): Promise<{ input: RunSuitesInput; prepared: PreparedSuite[]; names: string[] }> {
    count += 1;
    const names = [`smoke-${count}`, `load-${count}`];
    const [quick = '', slow = ''] = names;
    const planned = await cluster.start([
      { name: quick, kind: 'smoke', path: `${quick}.yaml` },
      { name: slow, kind: 'load', path: `${slow}.ts`, disturbs: ['load'] },
    ]);
    const input = cluster.input(planned, { [`${quick}.yaml`]: smoke(quick), [`${slow}.ts`]: load(slow, 15) });
    return { input, prepared: await prepareSuites(input), names };
  }

  function goneAway(prepared: PreparedSuite[]): void {
    for (const pod of prepared.flatMap(({ pods }) => pods)) pod.leave();
  }

  function adoption(input: RunSuitesInput, kept: string[] = []): AdoptSuitesInput {
    return { ...input, kept: new Set(kept), heardUntil: 0 };
  }

  async function timesSeen(path: string): Promise<number> {
    const pod = { namespace: cluster.namespace, name: 'web:8080' };
    const seen = await cluster.kubernetes.core.connectGetNamespacedPodProxyWithPath({ ...pod, path: 'seen' });
    return (JSON.parse(seen) as { url: string }[]).filter(({ url }) => url === path).length;
  }

  test('are waited for and their results fetched, with a deadline from their real start, and none runs twice', async () => {
    const { input, prepared, names } = await warmSuites();
    const [quick = '', slow = ''] = names;
    const before = new Date();
    await releaseSuites(prepared, input.now);
    await expect.poll(() => prepared[0]?.pods[0]?.standing, { timeout: 60_000 }).toBe('begun');
    goneAway(prepared);

    const adopted = await adoptSuites(adoption(input));

    if (!adopted?.begun) throw new Error(`they were found ${JSON.stringify(adopted)}`);
    const results = await collectSuites({ ...input, released: adopted.released });
    expect(adopted.startedAt.getTime()).toBeGreaterThanOrEqual(before.getTime() - 1_000);
    expect(adopted.released.map(({ overlapped }) => overlapped)).toEqual([[slow], [quick]]);
    expect(results.map(({ name, status }) => `${name} ${status}`)).toEqual([`${quick} passed`, `${slow} passed`]);
    expect(results[1]?.artifacts.map(({ name }) => name)).toContain('load.json');
    expect([await timesSeen(`/${quick}`), await timesSeen(`/begin-${slow}`)]).toEqual([1, 1]);
  });

  test('get the go that they never had, and not because its connection was lost', async () => {
    const { input, prepared, names } = await warmSuites();
    goneAway(prepared);

    const adopted = await adoptSuites(adoption(input));

    if (adopted === null || adopted.begun) throw new Error('they were not found waiting');
    const released = await releaseSuites(adopted.prepared, input.now);
    const results = await collectSuites({ ...input, released });
    expect(results.map(({ status }) => status)).toEqual(['passed', 'passed']);
    expect(await timesSeen(`/${names[0]}`)).toBe(1);
  });

  test('come without the one of which the result is kept, although its pod was let go', async () => {
    const { input, prepared, names } = await warmSuites();
    const released = await releaseSuites(prepared, input.now);
    const kept = await collectSuites({ ...input, released: released.slice(0, 1) });
    goneAway(prepared);

    const adopted = await adoptSuites(adoption(input, names.slice(0, 1)));

    if (!adopted?.begun) throw new Error('they were not found at work');
    const rest = await collectSuites({ ...input, released: adopted.released });
    expect([...kept, ...rest].map(({ name, status }) => `${name} ${status}`)).toEqual(
      names.map((one) => `${one} passed`),
    );
    expect(rest[0]?.overlapped).toEqual(names.slice(0, 1));
    expect([await timesSeen(`/${names[0]}`), await timesSeen(`/begin-${names[1]}`)]).toEqual([1, 1]);
  });

  test('are not taken up when one has run and another still waits, or when a pod is gone', async () => {
    const { input, prepared, names } = await warmSuites();
    await prepared[0]?.pods[0]?.release();
    await expect.poll(() => prepared[0]?.pods[0]?.standing, { timeout: 60_000 }).toBe('begun');
    const mixed = await adoptSuites(adoption(input));
    await releaseSuites(prepared.slice(1), input.now);
    await prepared[0]?.pods[0]?.letGo();
    goneAway(prepared);
    const selector = `batch.kubernetes.io/job-name=${names[0]}`;
    const inSuites = { namespace: cluster.namespace, labelSelector: selector };
    await cluster.kubernetes.core.deleteCollectionNamespacedPod({ ...inSuites, gracePeriodSeconds: 0 });

    const withoutPod = await adoptSuites(adoption(input));

    expect([mixed, withoutPod]).toEqual([null, null]);
  });

  test('go on when whoever waits for them has to leave', async () => {
    const { input, prepared } = await warmSuites();
    const released = await releaseSuites(prepared, input.now);
    const leaving = new AbortController();
    const kept: string[] = [];
    const collecting = collectSuites({
      ...input,
      released,
      leave: leaving.signal,
      keep: async (result) => {
        kept.push(result.name);
        leaving.abort(new Error('the service stops'));
        return result;
      },
    });

    const left = await collecting;

    const adopted = await adoptSuites(adoption(input, kept));
    if (!adopted?.begun) throw new Error('they were not found at work');
    const rest = await collectSuites({ ...input, released: adopted.released });
    expect(left.map(({ name }) => name)).toEqual(kept);
    expect(rest.map(({ status }) => status)).toEqual(['passed']);
  });
});
