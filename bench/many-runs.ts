import { changeIdOf } from '../src/run/change-id.ts';
import { newRunFor } from '../src/runner/new-run-for.ts';
import { createRun } from '../src/store/create-run.ts';
import type { StoredRun } from '../src/store/run-row.ts';
import type { Store } from '../src/store/store.ts';

const repository = 'bench/shop';
const authors = 25;

/** One queued run of a change of its own; authors come in turn. */
export async function aQueuedRun(store: Store, number: number): Promise<StoredRun> {
  const subject = { repository, number, headSha: sha(number), baseSha: sha(0), trusted: true };
  return await store.transaction(async (tx) => {
    const { run } = await createRun(tx, {
      change: { id: changeIdOf(repository, number), repository, number },
      author: `author-${number % authors}`,
      build: newRunFor(subject, { trigger: 'opened', onlySuites: null, now: tx.now }),
    });
    return run;
  });
}

function sha(number: number): string {
  return number.toString(16).padStart(40, '0');
}
