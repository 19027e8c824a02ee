import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import type { Run } from '../../src/run/run.ts';
import { Recorder } from '../../src/runner/recorder.ts';
import { createRun } from '../../src/store/create-run.ts';
import { claimRun } from '../../src/store/leases.ts';
import { runById } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import { aSuite } from '../report/builders.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { wantedRun } from '../store/sample-run.ts';

let store: Store;
let changes = 0;
let now = Date.parse('2026-01-01T00:00:00.000Z');

beforeAll(async () => {
  store = await openEmbeddedStore({ log: silentLog(), wakeUps: 'none', clock: () => new Date(now) });
});

afterAll(async () => {
  await store.close();
});

async function recorderOf(id: string): Promise<{ recorder: Recorder; seen: Run[] }> {
  changes += 1;
  const wanted = wantedRun(id, { changeId: `change-${changes}`, change: changes });
  await store.transaction((tx) => createRun(tx, wanted));
  const claimed = await store.transaction((tx) => claimRun(tx, id, 'me'));
  if (claimed === null) throw new Error(`nobody else plays "${id}"`);
  const seen: Run[] = [];
  const recorder = new Recorder({
    store,
    ...claimed,
    now: () => new Date(now),
    onUpdate: (run) => seen.push(run),
  });
  return { recorder, seen };
}

const suites = [aSuite({ name: 'smoke', kind: 'smoke', status: 'pending', tests: [] })];

test('a fact is in the store once it is told, and watchers saw every state in order', async () => {
  const { recorder, seen } = await recorderOf('r-told');
  await recorder.tell({ kind: 'phase-started', phase: 'image' });
  await recorder.tell({ kind: 'configured', configSha: null, suites });

  const stored = await runById(store, 'r-told');
  expect(stored).toMatchObject({ phase: 'image', document: { phase: 'image', suites: [{ name: 'smoke' }] } });
  expect(seen.map((run) => run.document.suites.length)).toEqual([0, 1]);
});

test('facts that are told at once are saved in the order in which they came', async () => {
  const { recorder } = await recorderOf('r-order');
  const phases = ['image', 'provisioning', 'testing'] as const;
  await Promise.all(phases.map((phase) => recorder.tell({ kind: 'phase-started', phase })));

  expect(recorder.run.phase).toBe('testing');
  expect((await runById(store, 'r-order'))?.phase).toBe('testing');
});

test('progress that is only mentioned is saved with the next fact', async () => {
  const { recorder } = await recorderOf('r-mention');
  for (const phase of ['image', 'provisioning', 'testing'] as const)
    await recorder.tell({ kind: 'phase-started', phase });
  await recorder.tell({ kind: 'configured', configSha: null, suites });
  const running = { ...aSuite({ name: 'smoke', kind: 'smoke', tests: [] }), status: 'running' as const };
  recorder.mention({ kind: 'suite-progress', suite: running });
  await recorder.flush();

  expect((await runById(store, 'r-mention'))?.document.suites).toMatchObject([{ name: 'smoke', status: 'running' }]);
});

test('whoever has lost the lease is told so at the next fact, and the row stays as its new owner left it', async () => {
  const { recorder } = await recorderOf('r-lost');
  now += 60_000;
  const taken = await store.transaction((tx) => claimRun(tx, 'r-lost', 'another'));

  const telling = recorder.tell({ kind: 'phase-started', phase: 'image' });

  await expect(telling).rejects.toMatchObject({ code: 'LEASE_LOST', remedy: 'retry' });
  expect(taken?.hold.owner).toBe('another');
  expect((await runById(store, 'r-lost'))?.phase).toBe('queued');
});

test('a fact that cannot be true is a bug of ours, and nothing of it is saved', async () => {
  const { recorder } = await recorderOf('r-illegal');

  const telling = recorder.tell({ kind: 'phase-started', phase: 'done' });

  await expect(telling).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION', remedy: 'report-bug' });
  expect((await runById(store, 'r-illegal'))?.phase).toBe('queued');
});
