import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Phase } from '../../src/verdict/verdict-document.ts';
import type { Shape } from './application.ts';
import { type Census, expectCensus, firstCensus } from './census.ts';
import { variants } from './every-variant.ts';
import { FaultStand } from './fault-stand.ts';
import { type OwnProcess, processesInCluster, processesMarked } from './own-processes.ts';
import { until } from './until.ts';

let stand: FaultStand;
let before: Census;

beforeAll(async () => {
  stand = await FaultStand.open();
  before = await firstCensus(stand);
});

afterAll(() => stand?.close());

interface Victim {
  name: string;
  phase: Phase;
  shape: Shape;
  find: () => OwnProcess[];
}

const ours = (words: RegExp) => () => processesMarked(stand.serve.mark).filter(({ command }) => words.test(command));
const inPods = (words: RegExp) => () => processesInCluster(stand.cluster.id, words);
const k6: Victim = { name: 'k6', phase: 'testing', shape: { loadSeconds: 8 }, find: inPods(/k6 run/) };
const others: Victim[] = [
  { name: "Pulumi's CLI", phase: 'provisioning', shape: {}, find: ours(/bin\/pulumi up/) },
  { name: "Pulumi's provider", phase: 'provisioning', shape: {}, find: ours(/pulumi-resource-kubernetes/) },
  { name: 'Chromium', phase: 'testing', shape: { browser: true }, find: inPods(/\/chromium (?!--type=)/) },
];

describe('a tool killed with SIGKILL', () => {
  test.for(variants([k6], others))('$name: said as a tool that broke, and nothing of it is left', async (victim) => {
    const change = await stand.openChange(victim.shape);
    await change.reaches(victim.phase);
    const found = await until(`${victim.name} runs`, async () => victim.find()[0] ?? null);
    process.kill(found.pid, 'SIGKILL');

    const ended = await change.ends();
    expect(ended, ended.story).toMatchObject({ conclusion: 'failure', final: 1, comments: 1, verdicts: ['errored'] });
    await expectCensus(stand, before);
    stand.github.assertClean();
  });
});
