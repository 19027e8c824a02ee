import { setTimeout as delay } from 'node:timers/promises';
import type { CheckReport, Forge, MayBegin } from '../forge/forge.ts';
import { isOfWorkingTree, type Run } from '../run/run.ts';
import { renderAbandoned, renderChecks } from './checks.ts';
import { renderComment } from './comment.ts';
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
  openChecks(run: Run): Promise<readonly { name: string; forgeId: string; runId: string; generation: number }[]>;
  commentOf(changeId: string): Promise<string | null>;
  /** Whether anybody ever set out to make the first comment of a change: it may stand, and nobody has heard of it. */
  isCommentBegun(changeId: string): Promise<boolean>;
  /** Whether the first comment of a change is ours to make; false while another replica makes it, or there is one. */
  mayMakeComment(changeId: string): Promise<boolean>;
  /** @param comment what it says now; `commentId` null where nobody is told of nothing */
  rememberComment(
    changeId: string,
    comment: { commentId: string | null; generation: number; said: string | null },
  ): Promise<unknown>;
  /** The newest generation of the run's change and its head, as the store has them now. */
  newest(run: Run): Promise<Newest | null>;
  /** Whether the run is in another phase by now. */
  hasGoneOn(run: Run): Promise<boolean>;
  /** The newest runs of other changes on the same commit, of those that have a say there. */
  siblings(run: Run): Promise<readonly Run[]>;
}

export interface ForgePublisherOptions {
  forge: Pick<Forge, 'putCheck' | 'putComment'>;
  memory: ForgeMemory;
  context: (run: Run) => ReportContext | Promise<ReportContext>;
  /** Hears of a report that was lost between two others; the last one of a run rejects instead. */
  onProblem: (run: Run, error: unknown) => void;
  /** Between two rounds of edits on one change, unless there is a verdict. Default 4000. */
  minIntervalMs?: number;
  now?: () => number;
  /** Ends early, without throwing, when the signal aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** One round of edits. */
interface Telling {
  run: Run;
  context: ReportContext;
  signal: AbortSignal;
  mayBegin: MayBegin;
}

interface Waiting {
  run: Run;
  signal: AbortSignal;
  /** Resolves when a request may begin; rejects when this process has no say any more. */
  mayBegin: MayBegin;
  /** Aborted when somebody waits for the report. */
  hurry: AbortController;
  done: Promise<void>;
}

const anytime = async () => undefined;
/** Between a look and the request that it allows: more than a freeze of this process leaves. */
const lookIsOldMs = 2000;
const defaultIntervalMs = 4000;
const commentPauseMs = 1000;

/**
 * Puts a run's checks and its change's comment on the forge: one change after the other in a row, only what differs from
 * what was sent, only the newest state of those that came meanwhile. `report` returns at once while a run is under way,
 * and when everything is told once it has a verdict.
 */
export class ForgePublisher implements Reporter {
  readonly name = 'forge';
  readonly #options: ForgePublisherOptions;
  /** By run. */
  readonly #waiting = new Map<string, Waiting>();
  /** By change: the end of its row. */
  readonly #rows = new Map<string, { tail: Promise<void>; writtenAt: number }>();
  /** By run and name: what the forge has. */
  readonly #sent = new Map<string, Map<string, string>>();

  constructor(options: ForgePublisherOptions) {
    this.#options = options;
  }

  /** @param mayBegin awaited before each request that writes */
  async report(run: Run, signal: AbortSignal, mayBegin: MayBegin = anytime): Promise<void> {
    // A working tree has no forge.
    if (isOfWorkingTree(run)) return;
    const urgent = run.document.verdict !== null;
    const waiting = this.#waiting.get(run.id) ?? this.#enqueue(run, signal, mayBegin);
    Object.assign(waiting, { run, signal, mayBegin });
    if (!urgent) return;
    waiting.hurry.abort();
    await waiting.done;
    if (run.document.phase === 'done') this.#sent.delete(run.id);
  }

  /** Resolves when nothing waits to be told any more. Never rejects. */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.#rows.values()].map((row) => row.tail));
  }

  #enqueue(run: Run, signal: AbortSignal, mayBegin: MayBegin): Waiting {
    const row = this.#rows.get(run.changeId) ?? { tail: Promise.resolve(), writtenAt: Number.NEGATIVE_INFINITY };
    const waiting: Waiting = { run, signal, mayBegin, hurry: new AbortController(), done: Promise.resolve() };
    waiting.done = row.tail.then(async () => {
      await this.#untilDue(row.writtenAt, waiting);
      this.#waiting.delete(run.id);
      try {
        await this.#publish(waiting);
      } finally {
        row.writtenAt = this.#now();
      }
    });
    row.tail = waiting.done.catch((error: unknown) => {
      if (!waiting.hurry.signal.aborted) this.#options.onProblem(waiting.run, error);
    });
    this.#rows.set(run.changeId, row);
    this.#waiting.set(run.id, waiting);
    return waiting;
  }

  async #untilDue(writtenAt: number, { hurry, signal }: Waiting): Promise<void> {
    const left = writtenAt + (this.#options.minIntervalMs ?? defaultIntervalMs) - this.#now();
    if (left <= 0 || hurry.signal.aborted) return;
    await (this.#options.pause ?? pauseQuietly)(left, AbortSignal.any([hurry.signal, signal]));
  }

  async #publish({ run, signal, mayBegin }: Waiting): Promise<void> {
    signal.throwIfAborted();
    const { memory } = this.#options;
    const newest = await memory.newest(run);
    const allowed = mayWrite(run, newest);
    const context = await this.#options.context(run);
    const may = (what: 'checks' | 'comment') => () => this.#stillSays(run, what, mayBegin);
    const telling = { run, context, signal, mayBegin: may('checks') };
    const refused: unknown[] = [];
    if (allowed.checks) {
      const siblings = run.document.verdict === null ? [] : await memory.siblings(run);
      const isSilent = hasNoSay(run, newest);
      const checks = renderChecks(run.document, context).map((check) => amongSiblings(check, siblings, isSilent));
      const writes = checks.map((check) => () => this.#putCheck(telling, check));
      const names = new Set(checks.map(({ name }) => name));
      if (run.document.verdict !== null) writes.push(() => this.#endAbandoned(telling, names));
      refused.push(...(await inTurn(writes, signal)));
    }
    if (allowed.comment) {
      refused.push(...(await inTurn([() => this.#putComment({ ...telling, mayBegin: may('comment') })], signal)));
    }
    if (refused.length > 0) throw refused[0];
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

  /** A suite that this run did not repeat must not spin for ever. Of the others it has told itself. */
  async #endAbandoned({ run, context, signal, mayBegin }: Telling, told: ReadonlySet<string>): Promise<void> {
    const { forge, memory } = this.#options;
    const { repository, changeId } = run;
    for (const { name, forgeId, runId, generation } of await memory.openChecks(run)) {
      if (told.has(name)) continue;
      const check = renderAbandoned({ name, runId }, run.document, context);
      await forge.putCheck(repository, forgeId, check, signal, mayBegin);
      const { headSha: sha, conclusion } = check;
      await memory.rememberCheck({ repository, sha, name, forgeId, changeId, runId, generation, conclusion });
    }
  }

  async #putComment({ run, context, signal, mayBegin }: Telling): Promise<void> {
    const { forge, memory } = this.#options;
    // An entry of the merge queue has no conversation: its changes have.
    if (run.change === null) return;
    const { changeId, keepUntil, repository } = run;
    const known = await memory.commentOf(changeId);
    // Nobody is told of nothing: where a rule skips the change, only the check says so.
    const { generation, document } = run;
    const said = document.phase === 'done' ? document.teardown.status : null;
    if (document.verdict === 'skipped' && known === null && !(await memory.isCommentBegun(changeId))) {
      await memory.rememberComment(changeId, { commentId: null, generation, said });
      return;
    }
    const { marker, body } = renderComment(run.document, { ...context, changeId, keepUntil });
    if (!this.#differs(run, 'comment', body)) return;
    const edited = known ?? (await this.#commentMade(changeId, signal));
    const id = await forge.putComment({ repository, number: run.change }, edited, marker, body, signal, mayBegin);
    await memory.rememberComment(changeId, { commentId: id, generation, said });
    this.#remember(run, 'comment', body);
  }

  /** The comment that another replica is making; null when it is ours to make. */
  async #commentMade(changeId: string, signal: AbortSignal): Promise<string | null> {
    const { memory, pause = pauseQuietly } = this.#options;
    while (!(await memory.mayMakeComment(changeId))) {
      const made = await memory.commentOf(changeId);
      if (made !== null) return made;
      await pause(commentPauseMs, signal);
      signal.throwIfAborted();
    }
    return null;
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

/** There is something newer to say, and somebody says it. */
class Outdated extends Error {}

/** One after the other; what the forge refuses keeps nothing that follows from being written. @returns what went wrong */
async function inTurn(writes: readonly (() => Promise<void>)[], signal: AbortSignal): Promise<unknown[]> {
  const refused: unknown[] = [];
  for (const write of writes) {
    signal.throwIfAborted();
    await write().catch((error: unknown) => {
      if (!(error instanceof Outdated)) refused.push(error);
    });
  }
  return refused;
}

async function pauseQuietly(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
