import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../errors.ts';
import type { PartName } from './embedded-cluster.ts';
import { applyClusterObjects } from './node/cluster-objects.ts';
import { createNodeClient, isNodeReady, type NodeClient } from './node/node-client.ts';
import { writeNodeFiles } from './node/node-files.ts';
import { boundLogs, startLogs } from './node/part-log.ts';
import { nodeParts, type Part, type StepName } from './node/parts.ts';
import { importPauseImage } from './node/pause-image.ts';
import { enforcePolicies } from './node/policy/enforce-policies.ts';
import { databaseFolder, inside, prepareNamespace } from './node/prepare-namespace.ts';
import { supervisePart } from './node/supervise-part.ts';
import { SupervisorState } from './node/supervisor-state.ts';
import { openVolumes } from './node/volumes.ts';
import { NodePlan } from './node-plan.ts';

/**
 * The node's supervisor: the program that `up` starts in fresh namespaces, in the cluster's folder. Above it is only a shell, as
 * PID 1, that reaps orphans and ends with it; the kernel then ends everything else in here.
 */
async function superviseNode(): Promise<void> {
  const startedAt = new Date();
  const plan = NodePlan.parse(JSON.parse(readFileSync('plan.json', 'utf8')));
  await prepareNamespace(plan);
  await writeNodeFiles(plan);
  const client = await createNodeClient();
  const parts = nodeParts(plan);
  const names = parts.map((part) => part.name);
  startLogs(inside, names);
  openVolumes();
  const state = new SupervisorState(inside, startedAt, names);
  await Promise.all([
    startEverything(plan, parts, client, state),
    watchNode(plan, client, state, startedAt),
    tendLogs(names),
  ]);
}

async function startEverything(
  plan: NodePlan,
  parts: Part[],
  client: NodeClient,
  state: SupervisorState,
): Promise<void> {
  const steps = new Map<StepName, PromiseWithResolvers<void>>();
  for (const name of [...parts.map((part) => part.name), 'pause-image', 'cluster-objects', 'policies'] as const) {
    steps.set(name, Promise.withResolvers());
  }
  const after = (names: StepName[]) => Promise.all(names.map((name) => steps.get(name)?.promise));

  async function runStep(name: StepName, needed: StepName[], work: () => Promise<void>): Promise<void> {
    await after(needed);
    await persistently(work, (problem) => state.note(`${name}: ${problem}`));
    steps.get(name)?.resolve();
  }

  async function runPart(part: Part): Promise<void> {
    await after(part.after);
    await supervisePart(part, {
      client,
      elapsedMs: () => state.elapsedMs(),
      report: (change) => state.update(part.name, change),
      onReady: () => {
        state.update(part.name, { readyAfterMs: state.elapsedMs() });
        steps.get(part.name)?.resolve();
      },
      onStillborn: (deaths) => {
        if (part.name === 'etcd' && deaths === 3) emptyDatabase(state);
      },
    });
  }

  await Promise.all([
    ...parts.map(runPart),
    runStep('pause-image', ['containerd'], () => importPauseImage(plan)),
    runStep('cluster-objects', ['kube-apiserver'], () => applyClusterObjects(plan, client)),
    runStep('policies', [], () => enforcePolicies({ plan, client, note: (note) => state.note(note) })),
  ]);
}

/** A database that a power cut damaged is of no use: the cluster starts empty, and says so. */
function emptyDatabase(state: SupervisorState): void {
  for (const entry of readdirSync(databaseFolder))
    rmSync(join(databaseFolder, entry), { recursive: true, force: true });
  state.note('etcd did not start three times: its database was damaged, and the cluster begins empty');
}

async function persistently(work: () => Promise<void>, onProblem: (problem: string) => void): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt % 10 === 0) onProblem(explain(error));
      await sleep(Math.min(5000, 50 * attempt));
    }
  }
}

async function watchNode(plan: NodePlan, client: NodeClient, state: SupervisorState, startedAt: Date): Promise<void> {
  for (;;) {
    const isReady = state.hasAnswered('kubelet') && (await isNodeReady(plan, client, startedAt).catch(() => false));
    state.setNodeReady(isReady);
    await sleep(isReady ? 5000 : 100);
  }
}

async function tendLogs(parts: PartName[]): Promise<void> {
  for (;;) {
    await sleep(30_000);
    boundLogs(inside, parts);
  }
}

superviseNode().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});
