import { changeIdOf } from '../run/change-id.ts';
import type { Run, Trigger } from '../run/run.ts';
import { newRunFor } from '../runner/new-run-for.ts';
import { createRun } from '../store/create-run.ts';
import { keepEnvironment } from '../store/keep.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';
import type { Engine } from './open-engine.ts';
import { untilDone } from './until-done.ts';
import type { Updates } from './updates.ts';
import { openWorkingTree } from './working-tree.ts';

/** What `greenroom run PATH` asks for, also over the control socket. */
export interface LocalRunRequest {
  /** Absolute. */
  path: string;
  base: string | null;
  suites: string[] | null;
  /** Milliseconds to keep the environment after the verdict, or null. */
  keepMs: number | null;
  trigger: Trigger;
}

/**
 * Puts a run of a working tree in the queue and resolves with its document once it is done. When the signal aborts, the run
 * is cancelled and still torn down before this resolves.
 */
export async function runLocally(
  engine: Engine,
  updates: Updates,
  request: LocalRunRequest,
  signal: AbortSignal,
): Promise<VerdictDocument> {
  const tree = await openWorkingTree(request.path, request.base, signal);
  const { store } = engine.player;
  const { repository, headSha, baseSha } = tree;
  const { maxTtlMs } = engine.stage.ceilings;
  const created = await store.transaction(async (tx) => {
    const build = newRunFor(
      { repository, number: null, headSha, baseSha, trusted: true },
      { trigger: request.trigger, onlySuites: request.suites, now: tx.now },
    );
    // The wake-up comes with the commit: the source must be known before.
    const withSource = (generation: number): Run => {
      const run = build(generation);
      engine.localSources.set(run.id, tree.source);
      return run;
    };
    const change = { id: changeIdOf(repository, null), repository, number: null };
    const made = await createRun(tx, { change, build: withSource });
    if (request.keepMs !== null) await keepEnvironment(tx, made.run.id, { forMs: request.keepMs, mostMs: maxTtlMs });
    return made;
  });
  try {
    return await untilDone({ store, updates }, created.run.id, signal);
  } finally {
    engine.localSources.delete(created.run.id);
  }
}
