import { setTimeout as delay } from 'node:timers/promises';
import { explain } from '../errors.ts';
import type { Log } from '../log.ts';
import { ForgePublisher } from '../report/publish-to-forge.ts';
import type { Run } from '../run/run.ts';
import { contextIn, memoryIn } from './forge-memory.ts';
import type { Lease } from './lease.ts';
import type { Player } from './play-run.ts';
import { checksVerifier, type Verifying } from './verify-checks.ts';

export interface ForgePublishing extends Verifying {
  log: Log;
}

/** How long a telling may take: longer than a pause that a forge asks for. What it has not said by then the next one says. */
const tellingMs = 150_000;
/** How long whoever waits for a final word waits: while it does, an environment stands that is not needed any more. */
const waitingMs = { played: 20_000, done: 60_000 };

/** The forge's reporter with the store as its memory. What it returns never throws. */
export function forgePublisher({ store, forge, log, publicUrl }: ForgePublishing): Player['publish'] {
  const problem = (run: Run, error: unknown) =>
    log.warn({ run: run.id, error: explain(error) }, 'reporting to the forge');
  const memory = memoryIn(store);
  const verify = checksVerifier({ store, forge, publicUrl });
  const publisher = new ForgePublisher({
    forge,
    memory,
    context: (run) => contextIn(store, publicUrl, run),
    onProblem: problem,
  });
  return async (run, { final, lease }) => {
    // Between two finals nobody waits: a run goes on while its checks are written. And a verdict follows its phase at once: of a
    // run that turns out to be skipped nobody is to be told that it is under way.
    if (!final && (run.document.verdict !== null || run.phase === 'reporting')) return;
    const telling = tell(run, final, lease);
    await (final ? withinTime(lease ? waitingMs.played : waitingMs.done, telling) : telling);
  };

  async function tell(run: Run, final: boolean, lease: Lease | undefined): Promise<void> {
    const signal = AbortSignal.timeout(tellingMs);
    try {
      await publisher.report(run, signal, lease && (() => lease.enough()));
      // What others said on the same commit before may be too mild now, and a forge may show that.
      if (final && (await memory.siblings(run)).length > 0)
        await verify({ repository: run.repository, sha: run.headSha }, signal);
    } catch (error) {
      problem(run, error);
    }
  }
}

async function withinTime(ms: number, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const time = delay(ms, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([work, time]);
  over.abort();
}
