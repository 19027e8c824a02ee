import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../errors.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { type NodeState, readNodeState } from './cluster-state.ts';
import { supervisorLog } from './launch-node.ts';
import { lastLines, partLog } from './node/part-log.ts';
import { findNode } from './node-processes.ts';

export interface AwaitNodeOptions {
  folder: ClusterFolder;
  timeoutMs: number;
  onProgress: (line: string) => void;
  signal: AbortSignal;
  /** Lines that are no news, because the node was running before. */
  told?: Iterable<string>;
}

/**
 * Waits until the node is ready and all its parts run, and tells which part answered when.
 * @throws RunError CLUSTER_SUPERVISOR_DIED, CLUSTER_PART_UNHEALTHY, CLUSTER_NODE_NOT_READY (all retry), with last log lines as evidence
 */
export async function awaitNode(options: AwaitNodeOptions): Promise<void> {
  const { folder, onProgress, signal } = options;
  const deadline = Date.now() + options.timeoutMs;
  const told = new Set(options.told);
  for (let attempt = 1; ; attempt += 1) {
    const state = await readNodeState(folder.path);
    for (const line of state ? progressLines(state) : []) {
      if (!told.has(line)) onProgress(line);
      told.add(line);
    }
    if (state && isComplete(state)) return;
    if (attempt % 20 === 0 && (await findNode(folder.id)) === null) throw supervisorDied(folder);
    if (Date.now() > deadline) throw notReady(folder, state, options.timeoutMs);
    await sleep(50, undefined, { signal });
  }
}

export function isComplete(state: NodeState): boolean {
  return state.nodeReady && state.parts.every((part) => part.condition === 'running');
}

/** `etcd ready (0.8 s)`; a part's death is told too. */
export function progressLines(state: NodeState): string[] {
  const ready = state.parts.filter((part) => part.readyAfterMs !== null);
  ready.sort((a, b) => (a.readyAfterMs ?? 0) - (b.readyAfterMs ?? 0));
  const lines = ready.map((part) => `${part.name} ready (${seconds(part.readyAfterMs)})`);
  for (const part of state.parts) {
    if (part.restarts > 0 && part.condition === 'running')
      lines.push(`${part.name} runs again (restart ${part.restarts})`);
  }
  if (state.readyAfterMs !== null) lines.push(`node ready (${seconds(state.readyAfterMs)})`);
  return [...lines, ...state.notes];
}

function seconds(milliseconds: number | null): string {
  return `${((milliseconds ?? 0) / 1000).toFixed(1)} s`;
}

function supervisorDied(folder: ClusterFolder): RunError {
  const evidence = lastLines(supervisorLog(folder), 10);
  const hint = `See "${folder.logs}", then run "greenroom cluster up" again.`;
  return new RunError('supervising the node: the supervisor ended', {
    code: 'CLUSTER_SUPERVISOR_DIED',
    remedy: 'retry',
    hint,
    evidence,
  });
}

function notReady(folder: ClusterFolder, state: NodeState | null, timeoutMs: number): RunError {
  const waited = `${Math.round(timeoutMs / 1000)} s`;
  const part = state?.parts.find((candidate) => candidate.condition !== 'running');
  if (!part) {
    const evidence = lastLines(partLog(folder.path, 'kubelet'), 10);
    const hint = `The kubelet does not say that the node is ready; see "${partLog(folder.path, 'kubelet')}".`;
    return new RunError(`waiting ${waited} for the node`, {
      code: 'CLUSTER_NODE_NOT_READY',
      remedy: 'retry',
      hint,
      evidence,
    });
  }
  const evidence = lastLines(partLog(folder.path, part.name), 10);
  const doing = `waiting ${waited} for "${part.name}" (${part.condition}, ${part.restarts} restarts)`;
  const hint = part.lastError ?? `See "${partLog(folder.path, part.name)}".`;
  return new RunError(doing, { code: 'CLUSTER_PART_UNHEALTHY', remedy: 'retry', hint, evidence });
}
