import { fenceWarning, fenceWords } from '../report/fence-words.ts';
import type { ForgeMemory } from '../report/publish-to-forge.ts';
import type { ReportContext } from '../report/report-context.ts';
import { hasNoSay, type Newest } from '../report/who-speaks.ts';
import type { Run } from '../run/run.ts';
import { placeOf } from '../store/admission.ts';
import { changeById, claimFirstComment, leaveFirstComment, rememberComment } from '../store/changes.ts';
import { checkOf, checksOfSha, rememberCheck } from '../store/checks.ts';
import { deploymentOf, rememberDeployment } from '../store/deployments.ts';
import { latestFinishedOn, newestGenerationOn, phaseOf, runsOfSha } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { SuiteResult } from '../suites/suite-result.ts';
import { awaitingApproval } from '../verdict/conclusion.ts';
import { letRunBy } from './is-approved.ts';

/** What a report shows beside its run, read from the rows. */
export async function contextIn(store: Store, publicUrl: string, run: Run): Promise<ReportContext> {
  return {
    publicUrl,
    base: await baseOf(store, run),
    notes: run.trusted ? notesOf(run) : await notesOfFork(store, run),
    warning: fenceWarning(run),
    queue: run.phase === 'queued' ? await placeOf(store, run.id) : null,
  };
}

function notesOf(run: Run): string[] {
  const fences = fenceWords(run);
  return fences === null ? [] : [fences];
}

/** Whoever reads the verdict knows by whose word it came to be, and what the environment lacked. */
async function notesOfFork(store: Store, run: Run): Promise<string[]> {
  const by = await letRunBy(store, run);
  // What ended waiting ran nothing, whatever was said later.
  if (by === null || run.document.failure?.code === awaitingApproval) return [];
  const restricted = 'greenroom.yaml of the base branch, stubs in place of secrets, nothing built, no other way out';
  return [`A change from a fork, let run by "${by}" in a restricted environment: ${restricted}.`];
}

/** How the same tests do on the commit that the change starts from, where that was ever tested. */
async function baseOf(store: Store, run: Run): Promise<{ sha: string; suites: SuiteResult[] } | null> {
  if (run.baseSha === null) return null;
  const newest = await latestFinishedOn(store, run.repository, run.baseSha);
  return newest ? { sha: newest.headSha, suites: newest.document.suites } : null;
}

/** The rows as the publisher's memory. */
export function memoryIn(store: Store): ForgeMemory {
  return {
    checkOf: (check) => checkOf(store, check),
    rememberCheck: (check) => store.transaction((tx) => rememberCheck(tx, check)),
    openChecks: async (run) => {
      const checks = await checksOfSha(store, run.repository, run.headSha);
      return checks.filter(
        (check) => check.changeId === run.changeId && check.generation < run.generation && check.conclusion === null,
      );
    },
    commentOf: async (changeId) => (await changeById(store, changeId))?.commentId ?? null,
    isCommentBegun: async (changeId) => (await changeById(store, changeId))?.isCommentBegun ?? false,
    claimComment: (changeId) => store.transaction((tx) => claimFirstComment(tx, changeId)),
    leaveComment: (changeId, until) => store.transaction((tx) => leaveFirstComment(tx, changeId, until)),
    rememberComment: (changeId, comment) => store.transaction((tx) => rememberComment(tx, changeId, comment)),
    deploymentOf: (runId) => deploymentOf(store, runId),
    rememberDeployment: (runId, deployment) => store.transaction((tx) => rememberDeployment(tx, runId, deployment)),
    newest: (run) => newestIn(store, run),
    hasGoneOn: async ({ id, phase }) => (await phaseOf(store, id)) !== phase,
    siblings: async (run) => {
      const runs = await runsOfSha(store, run.repository, run.headSha);
      const others = runs.filter((other) => other.changeId !== run.changeId);
      const newest = await Promise.all(others.map((other) => newestIn(store, other)));
      return others.filter((other, index) => !hasNoSay(other, newest[index] ?? null));
    },
  };
}

async function newestIn(store: Store, { changeId, headSha, generation }: Run): Promise<Newest | null> {
  const change = await changeById(store, changeId);
  if (!change?.headSha) return null;
  // The newest of all is the newest on its own commit.
  const isNewest = generation >= change.generation;
  const generationHere = isNewest ? generation : await newestGenerationOn(store, changeId, headSha);
  return { generation: change.generation, headSha: change.headSha, generationHere, closed: change.closed };
}
