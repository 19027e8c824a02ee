import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import type { Phase, VerdictDocument } from '../../src/verdict/verdict-document.ts';
import type { RunSummary, ServeProcess } from './serve-process.ts';
import { TooLate, until } from './until.ts';

const phases: Phase[] = ['queued', 'image', 'provisioning', 'testing', 'reporting', 'teardown', 'done'];
/** Patience for a busy machine; nothing is measured here. */
const phaseMs = 240_000;
const endMs = 540_000;

/** How a change ended, as its author and its operator see it. */
export interface Ended {
  /** What the newest check `greenroom` on the head says. */
  conclusion: string | null;
  /** Of all checks on the head that are not completed. */
  open: string[];
  /**
   * How many different words the checks `greenroom` on the head have, beside `cancelled`: what older runs were told. One that a
   * killed process made and never heard of is given the newest run's word by the reconcile.
   */
  final: number;
  /** Of ours, on the change. */
  comments: number;
  /** Of all of its runs, oldest first. */
  verdicts: (string | null)[];
  receipts: string[];
  documents: VerdictDocument[];
  /** All of that for people, for when it is not what was expected. */
  story: string;
}

/** A pull request, watched from outside: by the service's API and by what the forge has. */
export class FaultChange {
  readonly number: number;
  readonly head: string;
  readonly repository: StandInRepository;
  readonly #serve: () => ServeProcess;

  constructor(repository: StandInRepository, number: number, serve: () => ServeProcess) {
    this.repository = repository;
    this.number = number;
    this.head = repository.pull(number).head.sha;
    this.#serve = serve;
  }

  /** Newest first. */
  async runs(): Promise<RunSummary[]> {
    const runs = await this.#serve().runs();
    const own = runs.filter((run) => run.repository === this.repository.fullName && run.change === this.number);
    return own.sort((left, right) => right.generation - left.generation);
  }

  /** The newest run, in this phase and no other. @throws TooLate when it is past it */
  async reaches(phase: Phase): Promise<RunSummary> {
    return until(
      `${this.repository.fullName}#${this.number} is in phase ${phase}`,
      async () => {
        const [run] = await this.runs();
        if (run === undefined) return null;
        if (phases.indexOf(run.phase as Phase) > phases.indexOf(phase)) {
          throw new TooLate(`the run is in phase ${run.phase} already, with ${run.verdict}: ${run.reason}`);
        }
        return run.phase === phase && run;
      },
      phaseMs,
    );
  }

  async document(runId: string): Promise<VerdictDocument> {
    return (await this.#serve().ask(`/api/runs/${runId}`)) as VerdictDocument;
  }

  /** Resolves when every run of it is done and has its receipt, and the forge has heard the last of them. */
  async ends(withinMs = endMs): Promise<Ended> {
    return until(
      `${this.repository.fullName}#${this.number} ends`,
      async () => {
        const documents = await this.#documents();
        const late = documents.filter(({ phase, teardown }) => phase !== 'done' || teardown.status !== 'gone');
        if (documents.length === 0) throw new Error('no run');
        if (late.length > 0) throw new Error(late.map(lineOf).join('; '));
        const ended = this.#seen(documents);
        if (ended.conclusion === null || ended.open.length > 0) throw new Error(`checks: ${this.#checkLines()}`);
        return ended;
      },
      withinMs,
    );
  }

  async #documents(): Promise<VerdictDocument[]> {
    const documents: VerdictDocument[] = [];
    for (const run of (await this.runs()).reverse()) documents.push(await this.document(run.id));
    return documents;
  }

  #seen(documents: VerdictDocument[]): Ended {
    const checks = this.repository.checksOf(this.head);
    const own = checks.filter((check) => check.name === 'greenroom');
    return {
      conclusion: own.at(-1)?.conclusion ?? null,
      open: checks.filter((check) => check.status !== 'completed').map((check) => check.name),
      final: new Set(own.map((check) => check.conclusion).filter((word) => word !== 'cancelled')).size,
      comments: this.repository.commentsOf(this.number).filter((comment) => comment.viaApp).length,
      verdicts: documents.map(({ verdict }) => verdict),
      receipts: documents.map(({ teardown }) => teardown.status),
      documents,
      story: [...documents.map(lineOf), this.#checkLines()].join('\n'),
    };
  }

  #checkLines(): string {
    return this.repository
      .checksOf(this.head)
      .map((check) => `${check.id} ${check.name} (${check.externalId}) ${check.status} ${check.conclusion}`)
      .join('\n');
  }
}

function lineOf({ run, phase, verdict, reason, failure, suites, teardown }: VerdictDocument): string {
  const why = failure === null ? '' : ` (${failure.code}: ${failure.message})`;
  const results = suites.map(({ name, status, failure: own }) => `${name} ${status}${own ? ` ${own.message}` : ''}`);
  return [
    `run ${run.id}, generation ${run.generation}, in phase ${phase}: ${verdict}, ${reason}${why}`,
    `suites: ${results.join(', ')}`,
    `environment: ${teardown.status} ${teardown.blockedBy.join('; ')}`,
  ].join('; ');
}
