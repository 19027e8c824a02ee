import type { CheckReport, Forge, StandingCheck } from '../forge/forge.ts';
import { renderAbandoned, renderChecks } from '../report/checks.ts';
import type { ReportContext } from '../report/report-context.ts';
import { amongSiblings, hasNoSay } from '../report/who-speaks.ts';
import { isOfWorkingTree, type Run } from '../run/run.ts';
import { type Commit, checkOf } from '../store/checks.ts';
import { runById, runsOfSha } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { contextIn, memoryIn } from './forge-memory.ts';
import type { Reconciling } from './reconcile.ts';

export interface Verifying {
  store: Store;
  forge: Forge;
  /** Without a trailing slash. */
  publicUrl: string;
}

/** What a change says on a commit, by its newest run there. */
interface Voice {
  run: Run;
  context: ReportContext;
  /** Its change was closed, or has moved on. */
  isSilent: boolean;
  /** With the gravest word of all in the aggregate check. */
  words: readonly CheckReport[];
}

/**
 * Reads the checks on a commit again at the forge, and puts right what stands otherwise: an older word that landed after the
 * last one, a check that was made, but whose maker never heard of it, and what was said before another change had its say. A
 * forge may show any of them as the newest. @returns how many it put right
 */
export function checksVerifier({ store, forge, publicUrl }: Verifying) {
  const memory = memoryIn(store);
  const verify: NonNullable<Reconciling['verifyChecks']> = async (commit, signal) => {
    const voices = await voicesOn(commit);
    if (voices.size === 0) return 0;
    let repaired = 0;
    /** Those of which a newer one is looked at already. */
    const told = new Set<string>();
    for (const one of await forge.checksOf(commit.repository, commit.sha, signal)) {
      const maker = one.externalId === null ? null : await runById(store, one.externalId);
      const key = `${maker?.changeId ?? ''} ${one.name}`;
      const shall = maker === null ? null : shallSay(one, maker, { voices, isHidden: told.has(key) });
      told.add(key);
      if (shall === null || isSaid(one, shall)) continue;
      await forge.putCheck(commit.repository, one.id, shall, signal);
      if (maker !== null) await remember(commit, one, maker, shall);
      repaired += 1;
    }
    return repaired;
  };

  /** By change. One whose newest run is still played is not among them: its player speaks. */
  async function voicesOn({ repository, sha }: Commit): Promise<ReadonlyMap<string, Voice>> {
    const voices = new Map<string, Voice>();
    for (const run of await runsOfSha(store, repository, sha)) {
      if (isOfWorkingTree(run) || (run.phase !== 'teardown' && run.phase !== 'done')) continue;
      const context = await contextIn(store, publicUrl, run);
      const isSilent = hasNoSay(run, await memory.newest(run));
      const siblings = await memory.siblings(run);
      const words = renderChecks(run.document, context).map((check) => amongSiblings(check, siblings, isSilent));
      voices.set(run.changeId, { run, context, isSilent, words });
    }
    return voices;
  }

  /** The rows follow where they knew of this very check. */
  async function remember(
    { repository, sha }: Commit,
    { id, name }: StandingCheck,
    { changeId }: Run,
    said: CheckReport,
  ) {
    const known = await checkOf(store, { repository, sha, name, changeId });
    if (known?.forgeId === id) await memory.rememberCheck({ ...known, conclusion: said.conclusion });
  }

  return verify;
}

function isSaid(one: StandingCheck, { status, conclusion, externalId }: CheckReport): boolean {
  return one.status === status && one.conclusion === conclusion && one.externalId === externalId;
}

/** What a check that stands at the forge is to say; null where it may say what it likes. PURE. */
function shallSay(
  one: StandingCheck,
  maker: Run,
  { voices, isHidden }: { voices: ReadonlyMap<string, Voice>; isHidden: boolean },
): CheckReport | null {
  const own = voices.get(maker.changeId);
  if (own === undefined) return null;
  const isOver = one.status === 'completed';
  const wordOf = ({ words }: Voice) => words.find(({ name }) => name === one.name);
  // What a change says goes with it: its checks say what those say that are left.
  const left = own.isSilent ? [...voices.values()].filter((voice) => !voice.isSilent && wordOf(voice)) : [];
  // An older run's check that is over says what it likes, unless it was made last: then it is the one that is shown.
  if (isOver && isHidden && left.length === 0 && maker.id !== own.run.id) return null;
  const shall = wordOf(left[0] ?? own);
  if (shall !== undefined) return shall;
  return isOver ? null : renderAbandoned(one.name, own.run.document, own.context);
}
