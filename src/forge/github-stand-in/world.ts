import { randomBytes } from 'node:crypto';
import { eventsOfChecks, neededEvents, usefulEvents } from '../github/app-access.ts';
import type { GitRepository } from './git-repository.ts';

export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read';
export type UserType = 'User' | 'Bot' | 'Organization';

export interface User {
  id: number;
  login: string;
  type: UserType;
}

export interface Repository {
  id: number;
  owner: User;
  name: string;
  defaultBranch: string;
  createdAt: string;
  /** The repository that this one was forked from. */
  parent: Repository | null;
  roles: Map<string, Role>;
  isPrivate: boolean;
  git: GitRepository;
}

export interface PullRequest {
  id: number;
  number: number;
  repository: Repository;
  title: string;
  body: string;
  user: User;
  open: boolean;
  draft: boolean;
  labels: string[];
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  mergedAt: string | null;
  mergedBy: User | null;
  mergeCommitSha: string | null;
  base: { ref: string; sha: string };
  /** `repository` is null once the fork was deleted. */
  head: { repository: Repository | null; ref: string; sha: string };
}

export interface Comment {
  id: number;
  pull: PullRequest;
  user: User;
  body: string;
  createdAt: string;
  updatedAt: string;
  viaApp: boolean;
}

export type ReactionContent = '+1' | '-1' | 'laugh' | 'confused' | 'heart' | 'hooray' | 'rocket' | 'eyes';

export interface Reaction {
  id: number;
  commentId: number;
  user: User;
  content: ReactionContent;
  createdAt: string;
}

export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  start_column?: number;
  end_column?: number;
  annotation_level: 'notice' | 'warning' | 'failure';
  message: string;
  title?: string;
  raw_details?: string;
}

export interface CheckRun {
  id: number;
  repository: Repository;
  headSha: string;
  name: string;
  externalId: string;
  detailsUrl: string | null;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  startedAt: string | null;
  completedAt: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: Annotation[];
  /** Buttons; people see them once it is completed. */
  actions: { label: string; description: string; identifier: string }[];
}

export type DeploymentState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success';

export interface DeploymentStatus {
  id: number;
  state: DeploymentState;
  description: string;
  environmentUrl: string;
  logUrl: string;
  createdAt: string;
}

export interface Deployment {
  id: number;
  repository: Repository;
  sha: string;
  ref: string;
  task: string;
  environment: string;
  description: string | null;
  payload: Record<string, unknown> | string;
  transient: boolean;
  production: boolean;
  createdAt: string;
  /** The oldest first. */
  statuses: DeploymentStatus[];
}

/** A pull request in its merge queue, with the commit that the queue has made of it and of those before it. */
export interface QueueEntry {
  pull: PullRequest;
  user: User;
  /** `refs/heads/gh-readonly-queue/...` */
  ref: string;
  headSha: string;
  baseSha: string;
}

/** The App on one organization, with what was granted there: an owner accepts new wishes of an App when they see fit. */
export interface Installation {
  id: number;
  account: User;
  permissions: Record<string, 'read' | 'write'>;
  events: string[];
  createdAt: string;
  suspendedAt: string | null;
}

/** The App under which Greenroom works. */
export interface GitHubApp {
  id: number;
  slug: string;
  name: string;
  owner: User;
  bot: User;
  permissions: Record<string, 'read' | 'write'>;
  events: string[];
  createdAt: string;
  /** For people who sign in with it. */
  clientId: string;
  clientSecret: string;
  /** Where they may be sent back to. */
  callbackUrls: string[];
}

/** Everything this GitHub knows. */
export class World {
  /** `http://127.0.0.1:PORT`, for people; the API lives under `/api/v3`, as on an Enterprise Server. */
  origin = 'http://127.0.0.1';
  readonly users = new Map<string, User>();
  readonly repositories = new Map<string, Repository>();
  readonly pulls: PullRequest[] = [];
  readonly comments: Comment[] = [];
  readonly reactions: Reaction[] = [];
  readonly checks: CheckRun[] = [];
  readonly deployments: Deployment[] = [];
  /** In the order in which they are to be merged. */
  readonly queue: QueueEntry[] = [];
  readonly app: GitHubApp;
  readonly installations: Installation[] = [];
  readonly now: () => Date;
  #lastId = 1000;

  constructor(owner: string, permissions: GitHubApp['permissions'], now: () => Date) {
    this.now = now;
    const organization = this.addUser(owner, 'Organization');
    this.app = {
      id: this.nextId(),
      slug: 'greenroom',
      name: 'Greenroom',
      owner: organization,
      bot: this.addUser('greenroom[bot]', 'Bot'),
      permissions,
      events: [...eventsOfChecks, ...neededEvents, ...usefulEvents],
      createdAt: this.instant(),
      clientId: 'Iv23liStandIn',
      clientSecret: randomBytes(20).toString('hex'),
      callbackUrls: [],
    };
    this.install(organization);
  }

  install(account: User): Installation {
    const { permissions, events } = this.app;
    const createdAt = this.instant();
    const installation = { id: this.nextId(), account, permissions, events, createdAt, suspendedAt: null };
    this.installations.push(installation);
    return installation;
  }

  /** Where the App is installed for whatever `owner` has. */
  installationOf(owner: User): Installation | undefined {
    return this.installations.find(({ account }) => account === owner);
  }

  /** On the organization that the App belongs to. */
  get ownInstallation(): Installation {
    const [first] = this.installations;
    if (!first) throw new Error('the stand-in has no installation');
    return first;
  }

  get apiUrl(): string {
    return `${this.origin}/api/v3`;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** As GitHub writes instants: whole seconds. */
  instant(): string {
    return this.now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
  }

  addUser(login: string, type: UserType): User {
    const user = { id: this.nextId(), login, type };
    this.users.set(login.toLowerCase(), user);
    return user;
  }

  user(login: string): User {
    const user = this.users.get(login.toLowerCase());
    if (!user) throw new Error(`the stand-in knows no user "${login}"`);
    return user;
  }

  repository(fullName: string): Repository | undefined {
    return this.repositories.get(fullName.toLowerCase());
  }

  pull(repository: Repository, number: number): PullRequest | undefined {
    return this.pulls.find((pull) => pull.repository === repository && pull.number === number);
  }
}

export function fullNameOf(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`;
}

/** GitHub's opaque second id. */
export function nodeId(kind: string, id: number): string {
  return Buffer.from(`0${kind.length}:${kind}${id}`).toString('base64').replace(/=+$/, '');
}
