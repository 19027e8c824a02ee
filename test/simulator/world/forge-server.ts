import type { ChangeRef } from '../../../src/event/event.ts';
import type { QueueEntry, Reaction } from '../../../src/forge/forge.ts';
import type { Dice } from './dice.ts';
import type { ConfigFile, OpenChange, SimulatedChange, SimulatedCheck, SimulatedComment } from './world.ts';

export interface Commit {
  config: ConfigFile;
  /** When it came to the forge. */
  atMs: number;
  /** Its image is in the registry from then on; null: never. */
  imageFromMs: number | null;
}

export interface CommentOnServer extends SimulatedComment {
  /** With the id of each, as GitHub takes them away by it. */
  ownReactions: { id: number; content: Reaction }[];
}

export const ourLogin = 'greenroom[bot]';
/** The first's base branches have a `greenroom.yaml`, the last's have none. */
export const repositories = ['acme/shop', 'acme/bare'] as const;
const baseBranches = ['main', 'release'] as const;

/** What the forge knows. Everything on it happens at once; how requests come to it is `ForgeClient`'s. */
export class ForgeServer {
  readonly changes = new Map<string, SimulatedChange>();
  readonly commits = new Map<string, Commit>();
  readonly checks = new Map<string, SimulatedCheck>();
  readonly comments = new Map<string, CommentOnServer>();
  /** Entries of the merge queues, in their order. */
  readonly queue: QueueEntry[] = [];
  readonly permissions = new Map<string, string>([['wendy', 'write']]);
  readonly #dice: Dice;
  readonly #newCommit: () => Omit<Commit, 'config'>;
  readonly #bases = new Map<string, string>();
  #ids = 1000;
  #numbers = 0;

  constructor(dice: Dice, newCommit: () => Omit<Commit, 'config'>) {
    this.#dice = dice;
    this.#newCommit = newCommit;
    for (const repository of repositories)
      for (const branch of baseBranches) {
        const sha = dice.hex(40);
        this.commits.set(sha, { config: repository === 'acme/bare' ? 'none' : 'small', atMs: 0, imageFromMs: 0 });
        this.#bases.set(`${repository} ${branch}`, sha);
      }
  }

  nextId(): number {
    return this.#ids++;
  }

  commit(config: ConfigFile): string {
    const sha = this.#dice.hex(40);
    this.commits.set(sha, { config, ...this.#newCommit() });
    return sha;
  }

  configAt(sha: string): ConfigFile {
    return this.commits.get(sha)?.config ?? 'none';
  }

  change({ repository, number }: ChangeRef): SimulatedChange | undefined {
    return this.changes.get(`${repository.toLowerCase()}#${number}`);
  }

  openOf(repository: string): SimulatedChange[] {
    return [...this.changes.values()].filter((change) => change.open && change.repository === repository);
  }

  open({ author, draft = false, fork = false, config = 'small' }: OpenChange, headSha?: string): SimulatedChange {
    const number = ++this.#numbers;
    const repository = config === 'none' ? 'acme/bare' : 'acme/shop';
    const sha = headSha ?? this.commit(config);
    const change: SimulatedChange = {
      repository,
      number,
      title: `Change ${number}`,
      author: author ?? `author-${number % 5}`,
      open: true,
      draft,
      headSha: sha,
      headRepository: fork ? 'stranger/shop' : repository,
      headRef: `topic-${number}`,
      baseSha: this.baseOf(repository, 'main'),
      baseRef: 'main',
      labels: [],
      trusted: !fork,
      url: `https://forge.example.com/${repository}/pull/${number}`,
      heads: [sha],
    };
    this.changes.set(`${repository}#${number}`, change);
    return change;
  }

  baseOf(repository: string, branch: string): string {
    return this.#bases.get(`${repository} ${branch}`) ?? '';
  }

  /** Those of the same queue. */
  queueOf({ repository, baseRef }: { repository: string; baseRef: string }): QueueEntry[] {
    return this.queue.filter((entry) => entry.repository === repository && entry.baseRef === baseRef);
  }

  /** A merge on top of the entry before it. */
  enqueue({ repository, number, baseRef, headSha }: SimulatedChange): QueueEntry {
    const before = this.queueOf({ repository, baseRef }).at(-1)?.headSha ?? this.baseOf(repository, baseRef);
    const ref = `refs/heads/gh-readonly-queue/${baseRef}/pr-${number}-${before}`;
    const merged = this.commit(this.configAt(headSha));
    const entry = { repository, ref, headSha: merged, baseSha: before, baseRef, change: number };
    this.queue.push(entry);
    return entry;
  }

  moveHead(change: SimulatedChange, sha: string): void {
    change.headSha = sha;
    change.heads.push(sha);
  }

  editBase(change: SimulatedChange): void {
    change.baseRef = change.baseRef === 'main' ? 'release' : 'main';
    change.baseSha = this.baseOf(change.repository, change.baseRef);
  }

  comment(change: ChangeRef, author: string, body: string): CommentOnServer {
    const id = String(this.nextId());
    const { repository, number } = change;
    const comment = { id, change: { repository, number }, author, body, reactions: [], ownReactions: [] };
    this.comments.set(id, comment);
    return comment;
  }

  commentsOn({ repository, number }: ChangeRef): CommentOnServer[] {
    return [...this.comments.values()].filter(
      ({ change }) => change.number === number && change.repository === repository,
    );
  }
}
