import type { CheckReport, Forge, MayBegin } from '../forge/forge.ts';
import { isOfWorkingTree, type Run } from '../run/run.ts';
import { renderAbandoned, renderChecks } from './checks.ts';
import { renderComment } from './comment.ts';
import { renderDeployment } from './deployment.ts';
import { Lane, pauseQuietly, type Telling } from './lane.ts';
import type { ReportContext } from './report-context.ts';
import type { Reporter } from './reporter.ts';
import { amongSiblings, hasNoSay, mayWrite, type Newest } from './who-speaks.ts';

/** What must be remembered between two reports, and over a restart; functions of the store. */
export interface ForgeMemory {
  /** What a change said last in the check of this name. */
  checkOf(check: {
    repository: string;
    sha: string;
    name: string;
    changeId: string;
  }): Promise<{ forgeId: string; runId: string; generation: number } | null>;
  rememberCheck(check: {
    repository: string;
    sha: string;
    name: string;
    forgeId: string;
    changeId: string;
    runId: string;
    generation: number;
    conclusion: string | null;
  }): Promise<unknown>;
  /** Checks of this change on this commit that an older run began and never concluded. */
  openChecks(run: Run): Promise<readonly { name: string; forgeId: string }[]>;
  commentOf(changeId: string): Promise<string | null>;
  /** Whether anybody ever set out to make the first comment of a change: it may stand, and nobody has heard of it. */
  isCommentBegun(changeId: string): Promise<boolean>;
  /** Until when the first comment of a change is ours to make; null while another replica makes it, or there is one. */
  claimComment(changeId: string): Promise<Date | null>;
  /** Gives such a claim back where nothing was sent. */
  leaveComment(changeId: string, until: Date): Promise<unknown>;
  /** @param comment what it says now; `commentId` null where nobody is told of nothing */
  rememberComment(
    changeId: string,
    comment: { commentId: string | null; generation: number; said: string | null },
  ): Promise<unknown>;
  /** The deployment of a run, and how it was said to stand. */
  deploymentOf(runId: string): Promise<{ forgeId: string; state: string } | null>;
  rememberDeployment(runId: string, deployment: { forgeId: string; state: string }): Promise<unknown>;
  /** The newest generation of the run's change and its head, as the store has them now. */
  newest(run: Run): Promise<Newest | null>;
  /** Whether the run is in another phase by now. */
  hasGoneOn(run: Run): Promise<boolean>;
  /** The newest runs of other changes on the same commit, of those that have a say there. */
  siblings(run: Run): Promise<readonly Run[]>;
}

export interface ForgePublisherOptions {
  forge: Pick<Forge, 'putCheck' | 'putComment' | 'putDeployment'>;
  memory: ForgeMemory;
  context: (run: Run) => ReportContext | Promise<ReportContext>;
  /** Hears of a report that was lost between two others; the last one of a run rejects instead. */
  onProblem: (run: Run, error: unknown) => void;
  /** Between two rounds of edits on the checks of one change, unless there is a verdict. Default 4000. */
  checksIntervalMs?: number;
  /** Between two edits of a change's comment, whatever there is to say. Default 10,000. */
  commentIntervalMs?: number;
  now?: () => number;
  /** Ends early, without throwing, when the signal aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const anytime = async () => undefined;
/** Between a look and the request that it allows: more than a freeze of this process leaves. */
const lookIsOldMs = 2000;
const defaultIntervals = { checksIntervalMs: 4000, commentIntervalMs: 10_000 };
const commentPauseMs = 1000;
/** What a claim on the first comment leaves when the request's own time is taken off. */
const makingBeginsWithinMs = 15_000;

/**
 * Puts a run's checks and its change's comment on the forge: one change after the other in a row, only what differs from
 * what was sent, only the newest state of those that came meanwhile. `report` returns at once while a run is under way; when
 * its checks are told once it has a verdict, and its comment as well once it is done.
 */
export class ForgePublisher implements Reporter {
  readonly name = 'forge';
  readonly #options: ForgePublisherOptions;
  readonly #checks: Lane;
  readonly #comments: Lane;
  /** By run and name: what the forge has. */
  readonly #sent = new Map<string, Map<string, string>>();

  constructor(options: ForgePublisherOptions) {
    this.#options = options;
    const { checksIntervalMs, commentIntervalMs } = { ...defaultIntervals, ...options };
    const lane = { onLost: options.onProblem, now: () => this.#now(), pause: options.pause };
    this.#checks = new Lane({ ...lane, intervalMs: checksIntervalMs, tell: (telling) => this.#tellChecks(telling) });
    this.#comments = new Lane({
      ...lane,
      intervalMs: commentIntervalMs,
      tell: (telling) => this.#tellComment(telling),
    });
  }

  /** @param mayBegin awaited before each request that writes */
  async report(run: Run, signal: AbortSignal, mayBegin: MayBegin = anytime): Promise<void> {
    // A working tree has no forge.
    if (isOfWorkingTree(run)) return;
    const { verdict, phase } = run.document;
    const [isJudged, isDone] = [verdict !== null, phase === 'done'];
    const telling = { run, signal, mayBegin };
    const checks = this.#checks.tell(telling, { hurried: isJudged, awaited: isJudged });
    const comment = this.#comments.tell(telling, { hurried: false, awaited: isDone });
    if (!isJudged) return;
    const told = await Promise.allSettled(isDone ? [checks, comment] : [checks]);
    for (const one of told) if (one.status === 'rejected') throw one.reason;
    if (isDone) this.#sent.delete(run.id);
  }

  /** Resolves when nothing waits to be told any more. Never rejects. */
  async drained(): Promise<void> {
    await Promise.all([this.#checks.drained(), this.#comments.drained()]);
  }

  async #tellChecks({ run, signal, mayBegin }: Telling): Promise<boolean> {
    signal.throwIfAborted();
    const { memory } = this.#options;
    const newest = await memory.newest(run);
    const context = await this.#options.context(run);
    // An environment is its run's own: nobody else says how it stands.
    const telling = { run, signal, mayBegin: () => this.#stillSays(run, 'checks', mayBegin) };
    const deployment = () => this.#putDeployment({ run, signal, mayBegin }, context);
    if (!mayWrite(run, newest).checks) {
      await inTurn([deployment], signal);
      return false;
    }
    const siblings = run.document.verdict === null ? [] : await memory.siblings(run);
    const isSilent = hasNoSay(run, newest);
    const checks = renderChecks(run.document, context).map((check) => amongSiblings(check, siblings, isSilent));
    const writes = checks.map((check) => () => this.#putCheck(telling, check));
    const names = new Set(checks.map(({ name }) => name));
    if (run.document.verdict !== null) writes.push(() => this.#endAbandoned(telling, context, names));
    await inTurn([...writes, deployment], signal);
    return true;
  }

  async #tellComment({ run, signal, mayBegin }: Telling): Promise<boolean> {
    signal.throwIfAborted();
    if (!mayWrite(run, await this.#options.memory.newest(run)).comment) return false;
    const telling = { run, signal, mayBegin: () => this.#stillSays(run, 'comment', mayBegin) };
    return this.#putComment(telling).catch((error: unknown) => {
      if (error instanceof Outdated) return false;
      throw error;
    });
  }

  /**
   * Looks again right before each request: a telling waits for its turn, and meanwhile a newer generation may have spoken, or
   * another replica for the same run. @throws Outdated
   */
  async #stillSays(run: Run, what: 'checks' | 'comment', mayBegin: MayBegin): Promise<void> {
    const { memory } = this.#options;
    for (let lookedAt = Number.NEGATIVE_INFINITY; this.#now() - lookedAt > lookIsOldMs; ) {
      lookedAt = this.#now();
      if (!mayWrite(run, await memory.newest(run))[what]) throw new Outdated();
      if (run.document.verdict === null && (await memory.hasGoneOn(run))) throw new Outdated();
    }
    await mayBegin();
  }

  async #putCheck({ run, signal, mayBegin }: Telling, check: CheckReport): Promise<void> {
    const { forge, memory } = this.#options;
    if (!this.#differs(run, check.name, check)) return;
    const { repository, changeId, generation } = run;
    const { name, conclusion, headSha: sha } = check;
    const known = await memory.checkOf({ repository, sha, name, changeId });
    if (known && known.generation > generation) return;
    // A run's check is its own: annotations can only be added, so an older run's would stay for ever.
    const id = known?.runId === run.id ? known.forgeId : null;
    const forgeId = await forge.putCheck(repository, id, check, signal, mayBegin);
    await memory.rememberCheck({ repository, sha, name, forgeId, changeId, runId: run.id, generation, conclusion });
    this.#remember(run, name, check);
  }

  /**
   * A suite that this run did not repeat must not spin for ever. Of the others it has told itself. It says so in its own name: an
   * older run never speaks after a newer one.
   */
  async #endAbandoned(
    { run, signal, mayBegin }: Telling,
    context: ReportContext,
    told: ReadonlySet<string>,
  ): Promise<void> {
    const { forge, memory } = this.#options;
    const { repository, changeId, generation } = run;
    for (const { name, forgeId } of await memory.openChecks(run)) {
      if (told.has(name)) continue;
      const check = renderAbandoned(name, run.document, context);
      await forge.putCheck(repository, forgeId, check, signal, mayBegin);
      const { headSha: sha, conclusion } = check;
      await memory.rememberCheck({ repository, sha, name, forgeId, changeId, runId: run.id, generation, conclusion });
    }
  }

  /** A courtesy: what the forge refuses of it keeps no word of the run from being told. */
  async #putDeployment({ run, signal, mayBegin }: Telling, context: ReportContext): Promise<void> {
    const { forge, memory, onProblem } = this.#options;
    const deployment = renderDeployment(run.document, context);
    if (deployment === null) return;
    try {
      const known = await memory.deploymentOf(run.id);
      const { state } = deployment;
      if (known?.state === state) return;
      const id = known?.forgeId ?? null;
      // Where the forge shows none any more, nobody is to ask it again for an end.
      const forgeId = (await forge.putDeployment(run.repository, id, deployment, signal, mayBegin)) ?? id;
      if (forgeId !== null) await memory.rememberDeployment(run.id, { forgeId, state });
    } catch (error) {
      onProblem(run, error);
    }
  }

  /** @returns whether there was anything to say */
  async #putComment({ run, signal, mayBegin }: Telling): Promise<boolean> {
    const { forge, memory } = this.#options;
    // An entry of the merge queue has no conversation: its changes have.
    if (run.change === null) return false;
    const { changeId, keepUntil, repository } = run;
    const known = await memory.commentOf(changeId);
    // Nobody is told of nothing: where a rule skips the change, only the check says so.
    const { generation, document } = run;
    const said = document.phase === 'done' ? document.teardown.status : null;
    if (document.verdict === 'skipped' && known === null && !(await memory.isCommentBegun(changeId))) {
      await memory.rememberComment(changeId, { commentId: null, generation, said });
      return false;
    }
    const context = await this.#options.context(run);
    const { marker, body } = renderComment(run.document, { ...context, changeId, keepUntil });
    if (!this.#differs(run, 'comment', body)) return false;
    const made =
      known === null ? await this.#commentMade(changeId, signal) : { id: known, mayBegin: anytime, claim: null };
    const both: MayBegin = async () => {
      await mayBegin();
      await made.mayBegin();
    };
    const ref = { repository, number: run.change };
    const id = await forge.putComment(ref, made.id, marker, body, signal, both).catch(async (error: unknown) => {
      if (error instanceof Outdated && made.claim !== null) await memory.leaveComment(changeId, made.claim);
      throw error;
    });
    await memory.rememberComment(changeId, { commentId: id, generation, said });
    this.#remember(run, 'comment', body);
    return true;
  }

  /** The comment that another replica is making; without an id when it is ours to make, for as long as that holds. */
  async #commentMade(changeId: string, signal: AbortSignal): Promise<CommentMade> {
    const { memory, pause = pauseQuietly } = this.#options;
    for (;;) {
      const claimedAt = this.#now();
      const claim = await memory.claimComment(changeId);
      if (claim !== null) return { id: null, mayBegin: async () => this.#notTooLate(claimedAt), claim };
      const id = await memory.commentOf(changeId);
      if (id !== null) return { id, mayBegin: anytime, claim: null };
      await pause(commentPauseMs, signal);
      signal.throwIfAborted();
    }
  }

  /** The first comment that waited long for its turn is another replica's to make by now. */
  #notTooLate(claimedAt: number): void {
    if (this.#now() - claimedAt > makingBeginsWithinMs) throw new Error('making the first comment took too long');
  }

  #differs(run: Run, name: string, content: unknown): boolean {
    return this.#sent.get(run.id)?.get(name) !== JSON.stringify(content);
  }

  #remember(run: Run, name: string, content: unknown): void {
    const sent = this.#sent.get(run.id) ?? new Map<string, string>();
    this.#sent.set(run.id, sent.set(name, JSON.stringify(content)));
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

interface CommentMade {
  /** Null: it is ours to make, by this claim. */
  id: string | null;
  mayBegin: MayBegin;
  claim: Date | null;
}

/** There is something newer to say, and somebody says it. */
class Outdated extends Error {}

/** One after the other; what the forge refuses keeps nothing that follows from being written. @throws what went wrong first */
async function inTurn(writes: readonly (() => Promise<void>)[], signal: AbortSignal): Promise<void> {
  const refused: unknown[] = [];
  for (const write of writes) {
    signal.throwIfAborted();
    await write().catch((error: unknown) => {
      if (!(error instanceof Outdated)) refused.push(error);
    });
  }
  if (refused.length > 0) throw refused[0];
}
