import { env } from 'node:process';
import { untilMarked, writeWhole } from '../work-folder.ts';

/** Where a held process of Playwright says that it needs nothing more before `go`. */
export const heldMark = 'scratch/held';

/** Says that everything that needs no application is done, then waits for `go`. Returns at once when that is over. */
export async function untilReleased(): Promise<void> {
  const work = env.GREENROOM_WORK_FOLDER ?? '/work';
  writeWhole(`${work}/${heldMark}`, '');
  await untilMarked(work, 'go', new AbortController().signal);
}
