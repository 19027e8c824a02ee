import { EndedEarly, type Performance } from './performance.ts';

/**
 * Looks again before what matters (DESIGN, rule 6): the change must still be open and the commit still its head.
 * @throws EndedEarly when it is not; the signal's reason when it is aborted; the forge's RunError when it cannot be asked
 */
export async function stillWanted({ source, recorder, signal }: Performance): Promise<void> {
  signal.throwIfAborted();
  if (recorder.run.change === null) return;
  const { open, headSha } = await source.standing(signal);
  const reason = !open ? 'closed' : headSha !== recorder.run.headSha ? 'superseded' : null;
  if (reason === null) return;
  throw new EndedEarly(reason);
}
