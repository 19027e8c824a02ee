import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartState } from '../cluster-state.ts';
import { programFolders } from '../run-command.ts';
import { deathsInARow, restartDelayMs } from './backoff.ts';
import type { NodeClient } from './node-client.ts';
import { lastLines, openLog, partLog } from './part-log.ts';
import type { Part } from './parts.ts';
import { inside } from './prepare-namespace.ts';
import { probePart } from './probe.ts';

export interface Supervision {
  client: NodeClient;
  /** Milliseconds since the supervisor's start. */
  elapsedMs: () => number;
  /** Called with what is new about the part. */
  report: (change: Partial<PartState>) => void;
  /** Called once, at the first good answer. */
  onReady: () => void;
  /** Called before a restart, while the part has never answered: what it kept may be to blame. */
  onStillborn: (deaths: number) => void;
}

/** Keeps one part alive for as long as the node lives: it never resolves. */
export async function supervisePart(part: Part, supervision: Supervision): Promise<never> {
  const { elapsedMs, report } = supervision;
  let [deaths, restarts, isReady] = [0, 0, false];
  let lastDeath: string | null = null;
  const onReady = () => {
    if (!isReady) supervision.onReady();
    isReady = true;
  };
  for (;;) {
    const startedMs = elapsedMs();
    const child = startPart(part);
    report({ condition: 'starting', innerPid: child.pid ?? null });
    const dead = new AbortController();
    const death = untilDeath(child, partLog(inside, part.name)).finally(() => dead.abort());
    await watchPart(part, supervision, { lastDeath, onReady, dead: dead.signal });
    const how = await death;

    deaths = deathsInARow(deaths, elapsedMs() - startedMs);
    restarts += 1;
    lastDeath = how;
    report({ condition: 'restarting', innerPid: null, restarts, lastError: lastDeath });
    if (!isReady) supervision.onStillborn(deaths);
    await sleep(restartDelayMs(deaths));
  }
}

function startPart(part: Part): ChildProcess {
  const log = openLog(inside, part.name);
  try {
    // A clean environment: nothing of the session that typed `up` (tokens, proxies) reaches a part or a pod.
    const env = { PATH: programFolders.join(':'), HOME: inside, TMPDIR: '/tmp', LANG: 'C.UTF-8' };
    return spawn(part.command, part.args, { cwd: inside, env, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

/** How it ended; with its last words, unless somebody else ended it. */
function untilDeath(child: ChildProcess, log: string): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      const lastWords = lastLines(log, 1)[0]?.slice(0, 300);
      resolve(signal ? `killed by ${signal}` : `exited with ${code}${lastWords ? `: ${lastWords}` : ''}`);
    });
  });
}

interface Life {
  lastDeath: string | null;
  onReady: () => void;
  dead: AbortSignal;
}

/** Asks often until the first answer and seldom after it, until the part is dead. Why it died before stays on show. */
async function watchPart(part: Part, supervision: Supervision, life: Life): Promise<void> {
  let hasAnswered = false;
  let silences = 0;
  while (!life.dead.aborted) {
    const problem = await probePart(part.probe, supervision.client);
    if (life.dead.aborted) return;
    silences = problem === null ? 0 : silences + 1;
    if (problem === null) {
      // In this order: whoever reads that all parts run, reads since when as well.
      if (!hasAnswered) life.onReady();
      supervision.report({ condition: 'running', lastError: life.lastDeath });
      hasAnswered = true;
    } else if (!hasAnswered) supervision.report({ lastError: problem });
    // Once may be a busy machine.
    else if (silences > 1) supervision.report({ condition: 'unhealthy', lastError: problem });
    await sleep(probeIntervalMs(hasAnswered, silences), undefined, { signal: life.dead }).catch(() => undefined);
  }
}

function probeIntervalMs(hasAnswered: boolean, silences: number): number {
  if (!hasAnswered) return 100;
  return silences === 0 ? 5000 : 1000;
}
