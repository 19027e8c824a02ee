import type { CheckReport, StandingCheck } from '../forge/forge.ts';
import { renderAbandoned, renderChecks } from '../report/checks.ts';
import type { ReportContext } from '../report/report-context.ts';
import { amongSiblings, mayWrite } from '../report/who-speaks.ts';
import type { Run } from '../run/run.ts';
import { checkOf } from '../store/checks.ts';
import { runById, runsOfSha } from '../store/runs.ts';
import { contextIn, memoryIn } from './forge-memory.ts';
import type { ForgePublishing } from './forge-publisher.ts';
import type { Reconciling } from './reconcile.ts';

/** What a change's newest run on a commit says on it. */
interface Word {
  run: Run;
  context: ReportContext;
  checks: CheckReport[];
}

/**
 * Reads a commit's checks again at the forge, and puts right what stands otherwise: an older word that landed after the run's
 * last one, and checks that are open although nobody is left to conclude them: whoever made one never heard of it, or a
 * newer run or another change has taken its place in the rows.
 */
export function checksVerifier({ store, forge, publicUrl }: Omit<ForgePublishing, 'log'>) {
  const memory = memoryIn(store);
  const verify: NonNullable<Reconciling['verifyChecks']> = async (run, signal) => {
    if (run.document.verdict === null || !mayWrite(run, await memory.newest(run.changeId)).checks) return 0;
    const { repository, headSha } = run;
    const own = await wordOf(run);
    const words = new Map([[run.changeId, own]]);
    let repaired = 0;
    for (const one of await forge.checksOf(repository, headSha, signal)) {
      const isOpen = one.status !== 'completed';
      const shall = isOpen ? await endOf(one, run, words) : await unlessKnownAs(one, own);
      if (shall === null) continue;
      await forge.putCheck(repository, one.id, shall, signal);
      repaired += 1;
    }
    return repaired;
  };

  async function wordOf(run: Run): Promise<Word> {
    const context = await contextIn(store, publicUrl, run);
    const siblings = await memory.siblings(run);
    return { run, context, checks: renderChecks(run.document, context).map((one) => amongSiblings(one, siblings)) };
  }

  /** How an open check ends; null where somebody still plays the run whose word it is, or it is none of ours. */
  async function endOf(one: StandingCheck, { repository, headSha }: Run, words: Map<string, Word>) {
    const maker = one.externalId === null ? null : await runById(store, one.externalId);
    if (maker === null) return null;
    const speakers = words.has(maker.changeId) ? [] : await runsOfSha(store, repository, headSha);
    for (const speaker of speakers) words.set(speaker.changeId, await wordOf(speaker));
    const word = words.get(maker.changeId);
    if (word === undefined || word.run.document.verdict === null) return null;
    const { run, context, checks } = word;
    return (
      checks.find(({ name }) => name === one.name) ??
      renderAbandoned({ name: one.name, runId: maker.id }, run.document, context)
    );
  }

  /** What the check that the rows know as the run's shall say, where it says something else. */
  async function unlessKnownAs(one: StandingCheck, { run, checks }: Word): Promise<CheckReport | null> {
    const shall = checks.find(({ name }) => name === one.name);
    if (shall === undefined || shall.conclusion === one.conclusion) return null;
    const known = await checkOf(store, run.repository, run.headSha, one.name);
    // Another change has spoken since: its own word is looked at in its turn.
    return known?.runId === run.id && known.forgeId === one.id ? shall : null;
  }

  return verify;
}
