import type { Deliveries, DeliveryRecord } from './deliveries.ts';
import type { Happenings } from './happenings.ts';
import { fullNameOf, type PullRequest, type QueueEntry, type User, type World } from './world.ts';

/** Why GitHub takes an entry's branch away. */
export type LeavesBecause = 'merged' | 'invalidated' | 'dequeued';

/** Merge queues: each entry is a merge on top of the one before it, on a branch of its own, which waits for its checks. */
export class MergeQueue {
  readonly #world: World;
  readonly #deliveries: Deliveries;
  readonly #happenings: Happenings;

  constructor(world: World, deliveries: Deliveries, happenings: Happenings) {
    this.#world = world;
    this.#deliveries = deliveries;
    this.#happenings = happenings;
  }

  /** "Merge when ready". */
  async enqueue(pull: PullRequest, user: User): Promise<QueueEntry> {
    const { git } = pull.repository;
    const before = this.#sameQueue(pull).at(-1)?.headSha ?? (await git.resolve(`refs/heads/${pull.base.ref}`));
    if (before === null) throw new Error(`${fullNameOf(pull.repository)} has no branch "${pull.base.ref}"`);
    const message = `Merge pull request #${pull.number} from ${pull.head.ref}`;
    const headSha = await git.mergeCommit(before, pull.head.sha, message, user.login);
    const ref = `refs/heads/gh-readonly-queue/${pull.base.ref}/pr-${pull.number}-${before}`;
    await git.setRef(ref, headSha);
    const entry: QueueEntry = { pull, user, ref, headSha, baseSha: before };
    this.#world.queue.push(entry);
    await this.#tell('checks_requested', entry);
    return entry;
  }

  /** Somebody takes it out, or its checks were red; those behind it are built anew, without it. */
  async remove(pull: PullRequest): Promise<void> {
    const behind = this.#sameQueue(pull);
    behind.splice(0, behind.indexOf(this.entryOf(pull)));
    for (const [index, entry] of behind.entries()) await this.#destroy(entry, index === 0 ? 'dequeued' : 'invalidated');
    for (const { pull: next, user } of behind.slice(1)) await this.enqueue(next, user);
  }

  /** What GitHub does once the checks of the first entry are there. @throws Error when it is not the first */
  async merge(pull: PullRequest): Promise<void> {
    const entry = this.entryOf(pull);
    if (this.#sameQueue(pull)[0] !== entry) throw new Error(`others are before #${pull.number} in the queue`);
    const { git } = pull.repository;
    await git.setRef(`refs/heads/${pull.base.ref}`, entry.headSha);
    await this.#destroy(entry, 'merged');
    await this.#happenings.closeAsMerged(pull, entry.user, entry.headSha);
  }

  /** @throws Error when it is in no queue */
  entryOf(pull: PullRequest): QueueEntry {
    const entry = this.#world.queue.find((one) => one.pull === pull);
    if (!entry) throw new Error(`#${pull.number} is in no merge queue`);
    return entry;
  }

  #sameQueue({ repository, base }: PullRequest): QueueEntry[] {
    return this.#world.queue.filter(({ pull }) => pull.repository === repository && pull.base.ref === base.ref);
  }

  async #destroy(entry: QueueEntry, reason: LeavesBecause): Promise<void> {
    this.#world.queue.splice(this.#world.queue.indexOf(entry), 1);
    await entry.pull.repository.git.deleteRef(entry.ref);
    await this.#tell('destroyed', entry, { reason });
  }

  async #tell(action: string, entry: QueueEntry, more: { reason?: LeavesBecause } = {}): Promise<DeliveryRecord> {
    const { pull, user, ref, headSha, baseSha } = entry;
    const [commit] = await pull.repository.git.log(headSha, 1);
    if (!commit) throw new Error(`${fullNameOf(pull.repository)} has no commit ${headSha}`);
    const person = { name: commit.author, email: commit.email };
    const { sha: id, tree, message, date: timestamp } = commit;
    return this.#deliveries.send('merge_group', {
      action,
      ...more,
      merge_group: {
        head_sha: headSha,
        head_ref: ref,
        base_sha: baseSha,
        base_ref: `refs/heads/${pull.base.ref}`,
        head_commit: { id, tree_id: tree, message, timestamp, author: person, committer: person },
      },
      ...this.#happenings.surroundings(pull.repository, user),
    });
  }
}
