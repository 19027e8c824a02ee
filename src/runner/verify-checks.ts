import type { CheckReport, StandingCheck } from '../forge/forge.ts';
import { renderChecks } from '../report/checks.ts';
import { amongSiblings, hasNoSay, mayWrite } from '../report/who-speaks.ts';
import type { Run } from '../run/run.ts';
import { checkOf } from '../store/checks.ts';
import { runById } from '../store/runs.ts';
import { contextIn, memoryIn } from './forge-memory.ts';
import type { ForgePublishing } from './forge-publisher.ts';
import type { Reconciling } from './reconcile.ts';

/**
 * Reads a run's checks again at the forge, and puts right what stands otherwise: an older word that landed after the last one,
 * and a check that was made, but whose maker never heard of it.
 */
export function checksVerifier({ store, forge, publicUrl }: Omit<ForgePublishing, 'log'>) {
  const memory = memoryIn(store);
  const verify: NonNullable<Reconciling['verifyChecks']> = async (run, signal) => {
    const newest = await memory.newest(run.changeId);
    if (run.document.verdict === null || !mayWrite(run, newest).checks) return 0;
    const { repository, headSha } = run;
    const siblings = await memory.siblings(run);
    const shall = renderChecks(run.document, await contextIn(store, publicUrl, run));
    const standing = await forge.checksOf(repository, headSha, signal);
    let repaired = 0;
    for (const check of shall.map((one) => amongSiblings(one, siblings, hasNoSay(run, newest)))) {
      const known = await checkOf(store, repository, headSha, check.name);
      // Another change has spoken since: its own word is looked at in its turn.
      if (known?.runId !== run.id) continue;
      for (const { one, mustSay } of await oursOf(run, standing, check)) {
        if (!isWrong(one, check, mustSay || one.id === known.forgeId)) continue;
        await forge.putCheck(repository, one.id, check, signal);
        if (one.id === known.forgeId) await memory.rememberCheck({ ...known, conclusion: check.conclusion });
        repaired += 1;
      }
    }
    return repaired;
  };

  /** The checks of the run's change, and those of others that have no say: a forge may show any of them as the newest. */
  async function oursOf(run: Run, standing: readonly StandingCheck[], { name }: CheckReport) {
    const found: { one: StandingCheck; mustSay: boolean }[] = [];
    for (const one of standing) {
      if (one.name !== name || one.externalId === null) continue;
      const maker = one.externalId === run.id ? run : await runById(store, one.externalId);
      if (maker === null) continue;
      const isOfAnother = maker.changeId !== run.changeId;
      const counts =
        !isOfAnother || (one.status === 'completed' && hasNoSay(maker, await memory.newest(maker.changeId)));
      if (counts) found.push({ one, mustSay: isOfAnother });
    }
    return found;
  }

  return verify;
}

/** Any other check of this change than the one that we know may say what it likes, once it is over. */
function isWrong(one: StandingCheck, shall: CheckReport, mustSay: boolean): boolean {
  if (!mustSay) return one.status !== 'completed';
  return one.status !== shall.status || one.conclusion !== shall.conclusion;
}
