import { join } from 'node:path';
import { addComment } from './comment-operations.ts';
import { git } from './git.ts';
import { GitRepository } from './git-repository.ts';
import type { Happenings, Proposal, Push } from './happenings.ts';
import type { MergeQueue } from './merge-queue.ts';
import {
  type CheckRun,
  type Comment,
  fullNameOf,
  type PullRequest,
  type QueueEntry,
  type Repository,
  type Role,
  type World,
} from './world.ts';

export interface StandInContext {
  world: World;
  happenings: Happenings;
  mergeQueue: MergeQueue;
  dataDir: string;
  roles: Record<string, Role | 'none'>;
}

export interface RepositorySeed {
  /** Everything in this folder that its `.gitignore` leaves in becomes the first commit. */
  fromFolder?: string;
  /** Files on top of that. */
  files?: Record<string, string>;
  /** Default: `main`. */
  defaultBranch?: string;
  /** Default: the organization that the App belongs to. */
  owner?: string;
  /** Default: everybody may read it. */
  isPrivate?: boolean;
}

const defaultBranchName = 'main';

export async function createRepository(
  context: StandInContext,
  name: string,
  seed: RepositorySeed,
): Promise<StandInRepository> {
  const { world, dataDir, roles } = context;
  const defaultBranch = seed.defaultBranch ?? defaultBranchName;
  const owner = seed.owner === undefined ? world.app.owner : world.user(seed.owner);
  const bare = await GitRepository.init(join(dataDir, owner.login, `${name}.git`), defaultBranch);
  const first = seed.fromFolder === undefined ? null : await bare.commitFolder(seed.fromFolder, 'Start', owner.login);
  const files = seed.files ?? (first === null ? { 'README.md': `# ${name}\n` } : {});
  const sha = Object.keys(files).length > 0 ? await bare.commit(first, 'Start', owner.login, { files }) : first;
  if (sha !== null) await bare.setRef(`refs/heads/${defaultBranch}`, sha);
  const granted = Object.entries(roles).filter((entry): entry is [string, Role] => entry[1] !== 'none');
  const repository: Repository = {
    id: world.nextId(),
    owner,
    name,
    defaultBranch,
    createdAt: world.instant(),
    parent: null,
    roles: new Map<string, Role>([[owner.login, 'admin'], ...granted]),
    isPrivate: seed.isPrivate ?? false,
    git: bare,
  };
  world.repositories.set(fullNameOf(repository).toLowerCase(), repository);
  return new StandInRepository(context, repository);
}

export async function forkRepository(
  context: StandInContext,
  of: StandInRepository,
  ownerLogin: string,
): Promise<StandInRepository> {
  const { world, dataDir } = context;
  const parent = of.repository;
  const owner = world.user(ownerLogin);
  const folder = join(dataDir, owner.login, `${parent.name}.git`);
  const bare = await GitRepository.init(folder, parent.defaultBranch);
  await git(folder, ['fetch', '--quiet', parent.git.folder, '+refs/heads/*:refs/heads/*']);
  const roles = new Map<string, Role>([[owner.login, 'admin']]);
  const createdAt = world.instant();
  const fork: Repository = { ...parent, id: world.nextId(), owner, createdAt, parent, roles, git: bare };
  world.repositories.set(fullNameOf(fork).toLowerCase(), fork);
  return new StandInRepository(context, fork);
}

/** One repository on the stand-in: what people do in it, and what can be seen there. */
export class StandInRepository {
  readonly repository: Repository;
  readonly fullName: string;
  /** The bare repository on disk; after a push by path, call `noticePushes`. */
  readonly folder: string;
  readonly #world: World;
  readonly #happenings: Happenings;
  readonly #mergeQueue: MergeQueue;

  constructor({ world, happenings, mergeQueue }: StandInContext, repository: Repository) {
    this.#world = world;
    this.#happenings = happenings;
    this.#mergeQueue = mergeQueue;
    this.repository = repository;
    this.fullName = fullNameOf(repository);
    this.folder = repository.git.folder;
  }

  /** For `git clone` and `git push` over HTTP; the user in it says who pushes. */
  cloneUrl(user: string): string {
    return `${this.#world.origin.replace('http://', `http://${encodeURIComponent(user)}:x@`)}/${this.fullName}.git`;
  }

  async headOf(branch: string): Promise<string> {
    const sha = await this.repository.git.resolve(`refs/heads/${branch}`);
    if (sha === null) throw new Error(`${this.fullName} has no branch "${branch}"`);
    return sha;
  }

  /** Commits to a branch, which is made when it is new. @returns the new head's SHA */
  pushTo(branch: string, push: Push): Promise<string> {
    return this.#happenings.push(this.repository, branch, push);
  }

  /** After refs were moved behind the stand-in's back: tells of every pull request whose head has moved. */
  noticePushes(user: string): Promise<void> {
    return this.#happenings.noticePushes(this.repository, this.#world.user(user));
  }

  /** @returns the pull request's number */
  async openPullRequest(proposal: Proposal): Promise<number> {
    return (await this.#happenings.openPullRequest(this.repository, proposal)).number;
  }

  close(number: number, user: string): Promise<void> {
    return this.#happenings.close(this.pull(number), this.#world.user(user));
  }

  merge(number: number, user: string): Promise<void> {
    return this.#happenings.merge(this.pull(number), this.#world.user(user));
  }

  /** A person presses "Merge when ready"; the entry waits for its checks. */
  enqueue(number: number, user: string): Promise<QueueEntry> {
    return this.#mergeQueue.enqueue(this.pull(number), this.#world.user(user));
  }

  /** Out of the merge queue; what stands behind it is built anew. */
  dequeue(number: number): Promise<void> {
    return this.#mergeQueue.remove(this.pull(number));
  }

  entryOf(number: number): QueueEntry {
    return this.#mergeQueue.entryOf(this.pull(number));
  }

  /** As GitHub does once the checks of the first entry in the queue are there. */
  mergeQueued(number: number): Promise<void> {
    return this.#mergeQueue.merge(this.pull(number));
  }

  reopen(number: number, user: string): Promise<void> {
    return this.#happenings.reopen(this.pull(number), this.#world.user(user));
  }

  markReady(number: number, user: string): Promise<void> {
    return this.#happenings.setDraft(this.pull(number), false, this.#world.user(user));
  }

  convertToDraft(number: number, user: string): Promise<void> {
    return this.#happenings.setDraft(this.pull(number), true, this.#world.user(user));
  }

  retitle(number: number, title: string, user: string): Promise<void> {
    return this.#happenings.retitle(this.pull(number), title, this.#world.user(user));
  }

  changeBase(number: number, base: string, user: string): Promise<void> {
    return this.#happenings.changeBase(this.pull(number), base, this.#world.user(user));
  }

  /** A person's comment. @returns its id */
  async comment(number: number, user: string, body: string): Promise<string> {
    const comment = addComment(this.#world, this.pull(number), this.#world.user(user), body, false);
    await this.#happenings.tellOfComment(comment);
    return String(comment.id);
  }

  /** As somebody with the right to it would in the browser. */
  deleteComment(commentId: string): void {
    const at = this.#world.comments.findIndex(({ id }) => id === Number(commentId));
    if (at >= 0) this.#world.comments.splice(at, 1);
  }

  /** A person presses "Re-run" beside a check. */
  async rerequestCheck(checkId: string, user: string): Promise<void> {
    await this.#happenings.tellOfRerequest(this.#check(checkId), this.#world.user(user));
  }

  /** A person presses "Re-run all checks". */
  async rerequestSuite(checkId: string, user: string): Promise<void> {
    await this.#happenings.tellOfSuiteRerequest(this.#check(checkId), this.#world.user(user));
  }

  /** A person presses one of the buttons that a check shows. */
  async press(checkId: string, identifier: string, user: string): Promise<void> {
    await this.#happenings.tellOfPress(this.#check(checkId), identifier, this.#world.user(user));
  }

  /** The repository's CI says that it has done something. */
  async dispatch(user: string): Promise<void> {
    await this.#happenings.tellOfDispatch(this.repository, this.#world.user(user));
  }

  /** Somebody lets the App see this repository. */
  async show(): Promise<void> {
    await this.#happenings.tellOfRepository(this.repository);
  }

  #check(checkId: string): CheckRun {
    const check = this.#world.checks.find(({ id }) => id === Number(checkId));
    if (!check) throw new Error(`${this.fullName} has no check ${checkId}`);
    return check;
  }

  pull(number: number): PullRequest {
    const pull = this.#world.pull(this.repository, number);
    if (!pull) throw new Error(`${this.fullName} has no pull request ${number}`);
    return pull;
  }

  /** Every check on a commit, oldest first. */
  checksOf(sha: string): CheckRun[] {
    return this.#world.checks.filter((check) => check.repository === this.repository && check.headSha === sha);
  }

  /** Every comment on a pull request, oldest first. */
  commentsOf(number: number): Comment[] {
    const pull = this.pull(number);
    return this.#world.comments.filter((comment) => comment.pull === pull);
  }

  pageUrl(number: number): string {
    return `${this.#world.origin}/${this.fullName}/pull/${number}`;
  }
}
