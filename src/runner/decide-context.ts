import { readRepositoryConfig } from '../config/read-repository-config.ts';
import { suitesOf } from '../config/starter-suites.ts';
import { noApprovals } from '../event/approval.ts';
import { parseCommands } from '../event/commands.ts';
import type { Approvals, DecideContext } from '../event/decision.ts';
import type { ForgeEvent } from '../event/event.ts';
import type { Forge, Permission } from '../forge/forge.ts';
import type { Run } from '../run/run.ts';
import { approvalsOf } from '../store/approvals.ts';
import { changeById } from '../store/changes.ts';
import { isCommentHandled } from '../store/handled-comments.ts';
import { keptRuns } from '../store/kept-runs.ts';
import { liveRuns, runsOfChange } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { greenSuitesOn } from './green-suites.ts';
import type { Seen, Subject } from './subject.ts';
import { unlessRefused } from './unless-refused.ts';

/** What a run says that ends red because the change takes its own gate away (DESIGN, rule 5). */
const gateCodes = new Set(['CONFIG_DELETED', 'REQUIRED_SUITE_MISSING']);

export interface ContextSources {
  store: Store;
  forge: Forge;
}

/** All that `decide` looks at, read now. */
export async function contextOf(
  sources: ContextSources,
  event: ForgeEvent,
  { key, subject: change }: Seen,
  signal: AbortSignal,
): Promise<Omit<DecideContext, 'handledComments'>> {
  const { store, forge } = sources;
  const changeId = key?.id ?? null;
  // Before anything else: whoever acts on the change after this look makes the decision outdated.
  const known = changeId === null ? null : await changeById(store, changeId);
  const runs = changeId === null ? [] : await runsOfChange(store, changeId);
  const live = changeId === null ? [] : await liveRuns(store, changeId);
  const kept = changeId === null ? [] : await keptRuns(store, changeId);
  return {
    change,
    liveRuns: [
      ...live.map((run) => ({ ...run, kept: false, ending: run.cancel !== null })),
      ...kept.map((run) => ({ ...run, kept: true, ending: false })),
    ],
    validatedShas: validatedBy(runs),
    newestGeneration: known?.generation ?? 0,
    newestHeadSha: known?.headSha ?? null,
    config: change?.open ? await unlessRefused(configOf(forge, change, signal), { kind: 'invalid' }) : { kind: 'none' },
    changedFiles: change?.open
      ? await unlessRefused(forge.changedFiles(change.repository, change.baseSha, change.headSha, signal), [])
      : [],
    greenSuites: change === null ? [] : greenSuitesOn(change.headSha, runs),
    pressedGeneration:
      event.kind === 'action-requested' ? (runs.find(({ id }) => id === event.runId)?.generation ?? null) : null,
    approvals: change === null ? noApprovals : await approvalsUnder(store, change, known?.baseRef ?? null),
    gated: isGated(runs, change?.headSha),
    permission: change === null ? 'none' : await permissionOf(forge, event, signal),
  };
}

/**
 * Commits with an answer: what their newest run came to, but for those that somebody ended. One that was ended for a change that seemed to
 * be closed, or to have moved on, is tested again when the commit is the head again.
 */
function validatedBy(runs: readonly Run[]): string[] {
  const counting = runs
    .filter(({ cancel }) => cancel !== 'commanded')
    .toSorted((one, other) => other.generation - one.generation);
  const newest = counting.filter(
    ({ headSha }, index) => counting.findIndex((one) => one.headSha === headSha) === index,
  );
  const hasAnswer = ({ phase, document: { verdict } }: Run) =>
    phase === 'done' && verdict !== 'cancelled' && verdict !== 'skipped';
  return newest.filter(hasAnswer).map((run) => run.headSha);
}

/** @param knownBase the base that we saw last: whoever approved the commit has read it under the rules of that one */
async function approvalsUnder(store: Store, change: Subject, knownBase: string | null): Promise<Approvals> {
  if (knownBase !== null && knownBase !== change.baseRef) return noApprovals;
  return await approvalsOf(store, { ...change, changeId: change.id });
}

/** By the newest run of the commit that has an answer. */
function isGated(runs: readonly Run[], headSha: string | undefined): boolean {
  const [newest] = runs
    .filter((run) => run.headSha === headSha && run.document.verdict !== null && run.cancel === null)
    .toSorted((one, other) => other.generation - one.generation);
  return gateCodes.has(newest?.document.failure?.code ?? '');
}

/** Spares a comment that comes again its reactions; that it counts once is `claimComment`'s, inside the transaction. */
export async function handledCommentsOf(store: Store, event: ForgeEvent): Promise<Set<string>> {
  if (event.kind !== 'command') return new Set();
  const handled = await isCommentHandled(store, event.change.repository, event.commentId);
  return new Set(handled ? [event.commentId] : []);
}

/** Of a fork, the base's word alone counts. */
async function configOf(forge: Forge, change: Subject, signal: AbortSignal): Promise<DecideContext['config']> {
  const file = 'greenroom.yaml';
  const base = await forge.readFile(change.repository, change.baseSha, file, signal);
  const head = change.trusted ? await forge.readFile(change.repository, change.headSha, file, signal) : base;
  const text = base ?? head;
  if (text === null) return { kind: 'none' };
  const read = readRepositoryConfig(text, { file });
  if ('problems' in read) return { kind: 'invalid' };
  const own = head === null || head === base ? read : readRepositoryConfig(head, { file });
  const suites = 'config' in own ? suitesOf(own.config) : suitesOf(read.config);
  return { kind: 'present', triggers: read.config.triggers, suites: suites.map((suite) => suite.name) };
}

async function permissionOf(forge: Forge, event: ForgeEvent, signal: AbortSignal): Promise<Permission> {
  if (event.kind === 'command') {
    return isCommand(event) ? forge.permissionOf(event.change.repository, event.author, signal) : 'none';
  }
  if (event.kind === 'rerun-requested' || event.kind === 'action-requested')
    return forge.permissionOf(event.repository, event.requestedBy, signal);
  return 'none';
}

/** A comment without a word of ours in it gets no reaction. */
export function isCommand(event: ForgeEvent): boolean {
  return event.kind === 'command' && !event.authorIsBot && parseCommands(event.body).length > 0;
}
