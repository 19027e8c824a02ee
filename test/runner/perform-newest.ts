import type { ChangeRef } from '../../src/event/event.ts';
import type { Forge } from '../../src/forge/forge.ts';
import { silentLog } from '../../src/log.ts';
import { changeIdOf } from '../../src/run/change-id.ts';
import type { Run } from '../../src/run/run.ts';
import { realActs } from '../../src/runner/acts.ts';
import { forgePublisher } from '../../src/runner/forge-publisher.ts';
import { Lease } from '../../src/runner/lease.ts';
import { performRun } from '../../src/runner/perform-run.ts';
import { Recorder } from '../../src/runner/recorder.ts';
import { forgeSource } from '../../src/runner/source.ts';
import type { Stage } from '../../src/runner/stage.ts';
import { approvalOf } from '../../src/store/approvals.ts';
import { claimRun } from '../../src/store/leases.ts';
import { runsOfChange } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import { unreachableStage } from './unreachable-stage.ts';

/** One service and one suite: what is read of a repository before anybody needs a cluster. */
export const smallConfig = `version: 1
application:
  entry: { service: web, port: 8080 }
  services:
    - { name: web, image: shop/web, port: 8080 }
suites:
  - { name: smoke, kind: smoke, path: smoke.yaml }
`;

const signal = new AbortController().signal;

export interface Performing {
  store: Store;
  forge: Forge;
  /** For what a stage writes. */
  folder: string;
}

/** Plays a change's newest run to its verdict and publishes it, as a player would, on a stage where nobody answers. */
export async function performNewest(
  { store, forge, folder }: Performing,
  ref: ChangeRef,
  furnish: (stage: Stage) => Stage = (stage) => stage,
): Promise<Run> {
  const [newest] = await runsOfChange(store, changeIdOf(ref.repository, ref.number));
  const claimed = await store.transaction((tx) => claimRun(tx, newest?.id ?? '', 'a-test'));
  if (claimed === null) throw new Error('there is no run to play');
  const change = await forge.getChange(ref, signal);
  const { repository, headSha, changeId } = claimed.run;
  const letRun = await approvalOf(store, repository, headSha, changeId, 'fork');
  const recorder = new Recorder({ store, ...claimed, now: () => new Date(), onUpdate: () => undefined });
  const run = await performRun({
    acts: realActs,
    lease: new Lease(claimed.hold, performance.now()),
    stage: furnish(await unreachableStage(folder)),
    recorder,
    source: forgeSource(forge, { change, headSha: change.headSha, baseSha: change.baseSha }),
    change: { baseRef: change.baseRef, draft: change.draft, approved: false, letRunBy: letRun?.approvedBy ?? null },
    passedBefore: [],
    heardUntil: null,
    endWithin: async () => undefined,
    expireAfter: async (ms) => new Date(Date.now() + ms),
    admit: async () => true,
    signal,
  });
  await forgePublisher({ store, forge, log: silentLog(), publicUrl: 'http://greenroom.test' })(run, { final: true });
  return run;
}
