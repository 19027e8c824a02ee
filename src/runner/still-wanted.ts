import { explain } from '../errors.ts';
import { isOfWorkingTree } from '../run/run.ts';
import { EndedEarly, type Performance } from './performance.ts';

/**
 * Looks again before what matters (DESIGN, rule 6): the change must still be open (the entry still in its queue) and the commit still its head.
 * @throws EndedEarly when it is not; the signal's reason when it is aborted; the forge's RunError when it cannot be asked
 */
export async function stillWanted({ source, recorder, signal }: Performance): Promise<void> {
  signal.throwIfAborted();
  if (isOfWorkingTree(recorder.run)) return;
  const { open, headSha } = await source.standing(signal);
  const reason = !open ? 'closed' : headSha !== recorder.run.headSha ? 'superseded' : null;
  if (reason === null) return;
  throw new EndedEarly(reason);
}

/** The look before concluding: what was found out stands, also when the forge cannot be asked now. @throws as `stillWanted`, but no RunError */
export async function stillWantedAsFarAsKnown(performance: Performance): Promise<void> {
  const { stage, recorder, signal } = performance;
  try {
    await stillWanted(performance);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof EndedEarly) throw error;
    stage.log.warn({ run: recorder.run.id, error: explain(error) }, 'looking whether the change is still open');
  }
}
