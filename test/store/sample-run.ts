import type { Run } from '../../src/run/run.ts';
import type { WantedRun } from '../../src/store/create-run.ts';

export const shaA = 'a'.repeat(40);
export const shaB = 'b'.repeat(40);

/** A run of change 7 of acme/shop, as its creator would build it; `id` also names its environment. */
export function wantedRun(id: string, over: Partial<Run> = {}): WantedRun {
  const number = over.change === undefined ? 7 : over.change;
  const changeId = over.changeId ?? `change-${number}`;
  return {
    change: { id: changeId, repository: 'acme/shop', number, queueRef: over.queueRef ?? null },
    build: (generation) => sampleRun(id, generation, { ...over, changeId, change: number }),
  };
}

export function sampleRun(id: string, generation: number, over: Partial<Run> = {}): Run {
  return {
    id,
    repository: 'acme/shop',
    change: 7,
    queueRef: null,
    changeId: 'change-7',
    headSha: shaA,
    baseSha: null,
    generation,
    trigger: 'opened',
    trusted: true,
    phase: 'queued',
    cancel: null,
    onlySuites: null,
    keepUntil: null,
    expiresAt: '2026-01-01T02:00:00.000Z',
    environmentName: `gr-${id}`,
    document: {
      schema: 'greenroom/verdict@1',
      run: {
        id,
        repository: 'acme/shop',
        change: 7,
        sha: shaA,
        baseSha: null,
        configSha: null,
        generation,
        trigger: 'opened',
        startedAt: '2026-01-01T00:00:00.000Z',
        finishedAt: null,
      },
      phase: 'queued',
      verdict: null,
      reason: 'Waiting to start.',
      failure: null,
      phases: [],
      images: [],
      suites: [],
      environment: null,
      teardown: { status: 'pending', durationMs: null, resources: { created: 0, gone: 0 }, blockedBy: [] },
    },
    ...over,
  };
}
