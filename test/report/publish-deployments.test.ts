import { describe, expect, test } from 'vitest';
import { aRun } from './builders.ts';
import { aWorld } from './publishing-world.ts';

const { signal } = new AbortController();
const passed = { phase: 'reporting' as const, verdict: 'passed' as const, reason: 'All good.' };

describe('where the operator wants deployments', () => {
  const up = [
    { name: 'provisioning' as const, status: 'passed' as const, startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1 },
  ];
  const gone = { ...aRun().document.teardown, status: 'gone' as const };
  const statesOf = ({ deployments }: ReturnType<typeof aWorld>) =>
    deployments.map(({ given, deployment }) => [given, deployment.state]);

  test('a run has one, which stands while its environment does', async () => {
    const world = aWorld({ deploys: true });
    for (const document of [
      { phase: 'queued' as const },
      { phase: 'provisioning' as const, phases: [{ ...up[0], status: 'running' as const, durationMs: null }] },
      { phase: 'testing' as const, phases: up },
      { ...passed, phases: up },
      { ...passed, phase: 'done' as const, phases: up, teardown: gone },
    ]) {
      await world.publisher.report(aRun(document as never), signal);
      await world.publisher.drained();
      world.state.now += 10_000;
    }

    expect(statesOf(world)).toEqual([
      [null, 'in_progress'],
      ['deployment-1', 'success'],
      ['deployment-1', 'inactive'],
    ]);
  });

  test('a forge that refuses them keeps nothing from being told', async () => {
    const world = aWorld({ deploys: true });
    await world.publisher.report(aRun({ ...passed, phases: up }), signal);
    world.state.broken = true;
    world.state.now += 10_000;
    await world.publisher.report(aRun({ ...passed, phase: 'done', phases: up, teardown: gone }), signal);

    expect(world.problems.map(String)).toEqual(['Error: the forge is away']);
  });

  test('an older generation still says that its environment is gone', async () => {
    const world = aWorld({ deploys: true });
    await world.publisher.report(aRun({ phase: 'testing', phases: up }), signal);
    await world.publisher.drained();
    world.state.now += 10_000;
    world.state.newest = { generation: 9, headSha: aRun().headSha, generationHere: 9, closed: false };
    await world.publisher.report(aRun({ ...passed, phase: 'done', phases: up, teardown: gone }), signal);

    expect(statesOf(world)).toEqual([
      [null, 'success'],
      ['deployment-1', 'inactive'],
    ]);
  });

  test('a run that never had an environment has none', async () => {
    const world = aWorld({ deploys: true });
    await world.publisher.report(aRun({ ...passed, phase: 'done', teardown: gone }), signal);

    expect(world.deployments).toEqual([]);
  });
});
