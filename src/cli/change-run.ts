import { RunError } from '../errors.ts';
import type { ChangeRef } from '../event/event.ts';
import { changeIdOf } from '../run/change-id.ts';
import { newRunFor } from '../runner/new-run-for.ts';
import { createRun } from '../store/create-run.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';
import type { LocalRunRequest } from './local-run.ts';
import type { OpenService } from './open-service.ts';
import { untilDone } from './until-done.ts';

/** `greenroom run OWNER/REPO#N`: the change as the forge has it, reported there as any run. */
export async function changeRun(
  { engine, forge, updates }: OpenService,
  ref: ChangeRef,
  { suites }: LocalRunRequest,
  signal: AbortSignal,
): Promise<VerdictDocument> {
  if (forge === null) {
    throw new RunError(`running "${ref.repository}#${ref.number}"`, {
      code: 'NO_FORGE',
      remedy: 'fix-input',
      hint: 'Set GREENROOM_GITHUB_* or GREENROOM_GITEA_* (README, "Configuration"), or name the folder of a working tree.',
    });
  }
  const change = await forge.getChange(ref, signal);
  const { store } = engine.player;
  const created = await store.transaction((tx) =>
    createRun(tx, {
      change: { id: changeIdOf(ref.repository, ref.number), repository: ref.repository, number: ref.number },
      build: newRunFor(change, { trigger: 'command', onlySuites: suites, now: tx.now }),
    }),
  );
  return untilDone({ store, updates }, created.run.id, signal);
}
