import type { Deliveries, DeliveryRecord } from './deliveries.ts';
import type { CommitChanges } from './git-repository.ts';
import { representCheckInDelivery, representSuiteInDelivery } from './represent-check.ts';
import { representComment } from './represent-comment.ts';
import { representInstallation, representSimpleInstallation, representUser } from './represent-people.ts';
import { representPull, representPullAsIssue, representPullSimple } from './represent-pull.ts';
import { representRepository } from './represent-repository.ts';
import {
  type CheckRun,
  type Comment,
  fullNameOf,
  nodeId,
  type PullRequest,
  type Repository,
  type User,
  type World,
} from './world.ts';

export interface Push extends CommitChanges {
  user: string;
  message?: string;
  /** Where the branch starts when it is new; default: the default branch. */
  base?: string;
}

export interface Proposal {
  title: string;
  user: string;
  /** A branch of this repository, or `owner:branch` of a fork. */
  head: string;
  /** Default: the default branch. */
  base?: string;
  body?: string;
  draft?: boolean;
  labels?: string[];
}

/** What people do, and what GitHub tells the App about it. Everything resolves when the deliveries were answered. */
export class Happenings {
  readonly #world: World;
  readonly #deliveries: Deliveries;

  constructor(world: World, deliveries: Deliveries) {
    this.#world = world;
    this.#deliveries = deliveries;
  }

  async openPullRequest(repository: Repository, proposal: Proposal): Promise<PullRequest> {
    const [branch = '', forkOwner] = proposal.head.split(':').reverse();
    const source = forkOwner === undefined ? repository : this.#fork(repository, forkOwner);
    const baseRef = proposal.base ?? repository.defaultBranch;
    const headSha = await requiredBranch(source, branch);
    const now = this.#world.instant();
    const pull: PullRequest = {
      id: this.#world.nextId(),
      number: this.#world.pulls.filter((one) => one.repository === repository).length + 1,
      repository,
      title: proposal.title,
      body: proposal.body ?? '',
      user: this.#world.user(proposal.user),
      open: true,
      draft: proposal.draft ?? false,
      labels: proposal.labels ?? [],
      createdAt: now,
      updatedAt: now,
      closedAt: null,
      mergedAt: null,
      mergedBy: null,
      mergeCommitSha: null,
      base: { ref: baseRef, sha: await requiredBranch(repository, baseRef) },
      head: { repository: source, ref: branch, sha: headSha },
    };
    await repository.git.fetch(source.git, branch, `refs/pull/${pull.number}/head`);
    this.#world.pulls.push(pull);
    await this.#tellOfPull('opened', pull, pull.user);
    return pull;
  }

  /** A commit on a branch (a new one where there is none), and what follows from it. */
  async push(repository: Repository, branch: string, push: Push): Promise<string> {
    const parent =
      (await repository.git.resolve(`refs/heads/${branch}`)) ??
      (await requiredBranch(repository, push.base ?? repository.defaultBranch));
    const sha = await repository.git.commit(parent, push.message ?? `Change ${branch}`, push.user, push);
    await repository.git.setRef(`refs/heads/${branch}`, sha);
    await this.noticePushes(repository, this.#world.user(push.user));
    return sha;
  }

  /** Looks which open pull requests' heads have moved, however that came about, and tells of each. */
  async noticePushes(repository: Repository, pusher: User): Promise<void> {
    const branches = await repository.git.branches();
    for (const pull of this.#world.pulls.filter((one) => one.open && one.head.repository === repository)) {
      const after = branches.get(pull.head.ref);
      const before = pull.head.sha;
      // GitHub closes a pull request whose branch is deleted.
      if (after === undefined) await this.close(pull, pusher);
      if (after === undefined || after === before) continue;
      await pull.repository.git.fetch(repository.git, pull.head.ref, `refs/pull/${pull.number}/head`);
      pull.head.sha = after;
      pull.base.sha = await requiredBranch(pull.repository, pull.base.ref);
      await this.#tellOfPull('synchronize', pull, pusher, { before, after });
    }
  }

  async close(pull: PullRequest, user: User): Promise<void> {
    this.#close(pull);
    await this.#tellOfPull('closed', pull, user);
  }

  async merge(pull: PullRequest, user: User): Promise<void> {
    const { git } = pull.repository;
    const base = await requiredBranch(pull.repository, pull.base.ref);
    const sha = await git.mergeCommit(base, pull.head.sha, `Merge pull request #${pull.number}`, user.login);
    await git.setRef(`refs/heads/${pull.base.ref}`, sha);
    await this.closeAsMerged(pull, user, sha);
  }

  async closeAsMerged(pull: PullRequest, user: User, sha: string): Promise<void> {
    this.#close(pull);
    pull.mergedAt = pull.closedAt;
    pull.mergedBy = user;
    pull.mergeCommitSha = sha;
    await this.#tellOfPull('closed', pull, user);
  }

  async reopen(pull: PullRequest, user: User): Promise<void> {
    pull.open = true;
    pull.closedAt = null;
    await this.#tellOfPull('reopened', pull, user);
  }

  async setDraft(pull: PullRequest, draft: boolean, user: User): Promise<void> {
    pull.draft = draft;
    await this.#tellOfPull(draft ? 'converted_to_draft' : 'ready_for_review', pull, user);
  }

  async retitle(pull: PullRequest, title: string, user: User): Promise<void> {
    const from = pull.title;
    pull.title = title;
    await this.#tellOfPull('edited', pull, user, { changes: { title: { from } } });
  }

  async changeBase(pull: PullRequest, base: string, user: User): Promise<void> {
    const from = { ...pull.base };
    pull.base = { ref: base, sha: await requiredBranch(pull.repository, base) };
    await this.#tellOfPull('edited', pull, user, {
      changes: { base: { ref: { from: from.ref }, sha: { from: from.sha } } },
    });
  }

  tellOfComment(comment: Comment): Promise<DeliveryRecord> {
    return this.#deliveries.send('issue_comment', {
      action: 'created',
      issue: representPullAsIssue(this.#world, comment.pull),
      comment: representComment(this.#world, comment),
      ...this.surroundings(comment.pull.repository, comment.user),
    });
  }

  tellOfRerequest(check: CheckRun, user: User): Promise<DeliveryRecord> {
    return this.#deliveries.send('check_run', {
      action: 'rerequested',
      check_run: representCheckInDelivery(this.#world, check),
      ...this.surroundings(check.repository, user),
    });
  }

  /** @throws Error where nobody could press it: no such button, or the check goes on */
  tellOfPress(check: CheckRun, identifier: string, user: User): Promise<DeliveryRecord> {
    if (check.status !== 'completed' || !check.actions.some((action) => action.identifier === identifier))
      throw new Error(`the check ${check.id} shows no button "${identifier}"`);
    return this.#deliveries.send('check_run', {
      action: 'requested_action',
      check_run: representCheckInDelivery(this.#world, check),
      requested_action: { identifier },
      ...this.surroundings(check.repository, user),
    });
  }

  /** "Re-run all checks". */
  async tellOfSuiteRerequest(check: CheckRun, user: User): Promise<DeliveryRecord> {
    return this.#deliveries.send('check_suite', {
      action: 'rerequested',
      check_suite: await representSuiteInDelivery(this.#world, check),
      ...this.surroundings(check.repository, user),
    });
  }

  /** CI says something by `POST /repos/{owner}/{repo}/dispatches`; the description knows one type of event. */
  tellOfDispatch(repository: Repository, user: User): Promise<DeliveryRecord> {
    return this.#deliveries.send('repository_dispatch', {
      action: 'sample.collected',
      branch: repository.defaultBranch,
      client_payload: {},
      ...this.surroundings(repository, user),
    });
  }

  /** The App may see another repository. */
  tellOfRepository(repository: Repository): Promise<DeliveryRecord> {
    const { id, name } = repository;
    const added = { id, node_id: nodeId('Repository', id), name, full_name: fullNameOf(repository), private: false };
    return this.#deliveries.send('installation_repositories', {
      action: 'added',
      installation: representInstallation(this.#world),
      repository_selection: 'selected',
      repositories_added: [added],
      repositories_removed: [],
      requester: null,
      sender: representUser(this.#world, repository.owner),
    });
  }

  #close(pull: PullRequest): void {
    pull.open = false;
    pull.closedAt = this.#world.instant();
  }

  async #tellOfPull(action: string, pull: PullRequest, sender: User, more: object = {}): Promise<DeliveryRecord> {
    pull.updatedAt = this.#world.instant();
    // Of a moved head GitHub tells less than of everything else.
    const shown =
      action === 'synchronize' ? representPullSimple(this.#world, pull) : await representPull(this.#world, pull);
    return this.#deliveries.send('pull_request', {
      action,
      number: pull.number,
      pull_request: shown,
      ...more,
      ...this.surroundings(pull.repository, sender),
    });
  }

  /** What every delivery has beside its own matter. */
  surroundings(repository: Repository, sender: User) {
    return {
      repository: representRepository(this.#world, repository),
      sender: representUser(this.#world, sender),
      installation: representSimpleInstallation(this.#world, repository.owner),
    };
  }

  #fork(parent: Repository, owner: string): Repository {
    const fork = [...this.#world.repositories.values()].find(
      (one) => one.parent === parent && one.owner.login.toLowerCase() === owner.toLowerCase(),
    );
    if (!fork) throw new Error(`${owner} has no fork of ${fullNameOf(parent)}`);
    return fork;
  }
}

async function requiredBranch(repository: Repository, branch: string): Promise<string> {
  const sha = await repository.git.resolve(`refs/heads/${branch}`);
  if (sha === null) throw new Error(`${fullNameOf(repository)} has no branch "${branch}"`);
  return sha;
}
