import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { untilMarked, writeWhole } from '../work-folder.ts';
import { warmUp } from './warm-up.ts';
import { wrapOptionsFrom } from './wrap-config.ts';

/** Where a held process of Playwright says that it needs nothing more before `go`. */
export const heldMark = 'scratch/held';

/** Says that everything that needs no application is done, then waits for `go`. Returns at once when that is over. */
export async function untilReleased(): Promise<void> {
  const work = env.GREENROOM_WORK_FOLDER ?? '/work';
  // The first worker speaks for all of them; a global set-up comes before any, in no worker.
  const leads = (env.TEST_PARALLEL_INDEX ?? '0') === '0';
  if (leads && !existsSync(join(work, 'go'))) {
    await warmUp(wrapOptionsFrom(env)).catch(() => undefined);
    writeWhole(join(work, heldMark), '');
  }
  await untilMarked(work, 'go', new AbortController().signal);
}
