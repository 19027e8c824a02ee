import { generateKeyPair, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { createAdaptorServer } from '@hono/node-server';
import { appOperations } from './app-operations.ts';
import { Authentication } from './authenticate.ts';
import { checkOperations } from './check-operations.ts';
import { commentOperations } from './comment-operations.ts';
import { type ArchiveTickets, contentOperations } from './content-operations.ts';
import { Deliveries, type DeliveryRecord } from './deliveries.ts';
import { type Fault, Faults } from './faults.ts';
import { Happenings } from './happenings.ts';
import { MergeQueue } from './merge-queue.ts';
import { loadRestDescription, loadWebhookDescription } from './openapi-description.ts';
import { Oracle } from './oracle.ts';
import { pullOperations } from './pull-operations.ts';
import {
  createRepository,
  forkRepository,
  type RepositorySeed,
  type StandInRepository,
} from './stand-in-repository.ts';
import { webSite } from './web-site.ts';
import { type GitHubApp, type Reaction, type Role, World } from './world.ts';

export interface GitHubStandInOptions {
  /** Bare repositories are made here. */
  dataDir: string;
  /** The organization that everything belongs to; default `acme`. */
  owner?: string;
  /** People and what they may do in every repository; `none` for a stranger. */
  users?: Record<string, Role | 'none'>;
  /** Default: what Greenroom asks for. */
  appPermissions?: GitHubApp['permissions'];
  /** On loopback; default: a free one. */
  port?: number;
  webhookSecret?: string;
  now?: () => Date;
}

export interface GitHubStandIn {
  /** Where people look: `/{owner}/{repo}/pull/{n}`. */
  readonly url: string;
  readonly apiUrl: string;
  readonly appId: string;
  /** PEM, PKCS#1, as GitHub hands it out. */
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly deliveries: readonly DeliveryRecord[];
  /** What was asked, answered or delivered against GitHub's published description. */
  readonly violations: readonly string[];
  /** @throws Error that lists every violation */
  assertClean(): void;
  setWebhookUrl(url: string | null): void;
  createRepository(name: string, seed: RepositorySeed): Promise<StandInRepository>;
  /** A fork under another owner, with that person as its administrator. */
  fork(repository: StandInRepository, owner: string): Promise<StandInRepository>;
  redeliver(guid: string): Promise<DeliveryRecord>;
  /** Resolves when every delivery under way was answered. */
  settled(): Promise<void>;
  /** Lets one of the next requests go wrong. @param operation `GET /repos/{owner}/{repo}/pulls`, or `*` */
  failNext(operation: string, fault: Fault): void;
  /** A personal token, for what only people or only Apps may do. */
  tokenOf(user: string): string;
  forgetInstallationTokens(): void;
  reactionsOf(commentId: string): Reaction[];
  close(): Promise<void>;
}

const defaultPermissions: GitHubApp['permissions'] = {
  checks: 'write',
  contents: 'read',
  metadata: 'read',
  pull_requests: 'write',
};

/** `event-action` of everything that can be delivered, as GitHub's description names them. */
const delivered = [
  'check-run-rerequested',
  'check-run-requested-action',
  'check-suite-rerequested',
  'installation-repositories-added',
  'repository-dispatch-sample.collected',
  'issue-comment-created',
  'merge-group-checks-requested',
  'merge-group-destroyed',
  ...['opened', 'synchronize', 'closed', 'reopened', 'ready-for-review', 'converted-to-draft', 'edited'].map(
    (action) => `pull-request-${action}`,
  ),
];

/**
 * GitHub on loopback, as far as Greenroom knows it: stateful, backed by real bare git repositories, with signed
 * deliveries. Needs the development dependencies, which hold GitHub's published description.
 */
export async function startGitHubStandIn(options: GitHubStandInOptions): Promise<GitHubStandIn> {
  const now = options.now ?? (() => new Date());
  const world = new World(options.owner ?? 'acme', options.appPermissions ?? defaultPermissions, now);
  for (const login of Object.keys(options.users ?? {})) world.addUser(login, 'User');
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const authentication = new Authentication(world, keys.publicKey);
  const webhookSecret = options.webhookSecret ?? randomBytes(20).toString('hex');
  const violations: string[] = [];
  const faults = new Faults();
  const tickets: ArchiveTickets = new Map();
  // Both need the other: operations cause deliveries, and deliveries are judged with the operations' oracle.
  let happenings: Happenings | undefined;
  const operations = [
    ...appOperations(authentication),
    ...pullOperations,
    ...contentOperations(tickets),
    ...checkOperations((check) => void happenings?.tellOfRerequest(check, world.app.bot)),
    ...commentOperations((comment) => void happenings?.tellOfComment(comment)),
  ];
  const [rest, webhooks] = [
    await loadRestDescription(operations.map(({ name }) => name)),
    await loadWebhookDescription(delivered),
  ];
  const oracle = new Oracle(rest, webhooks);
  const deliveries = new Deliveries(world, oracle, webhookSecret, violations);
  happenings = new Happenings(world, deliveries);
  const site = webSite({ world, authentication, oracle, operations, faults, violations, tickets, happenings });
  const server = createAdaptorServer({ fetch: site.fetch });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  world.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mergeQueue = new MergeQueue(world, deliveries, happenings);
  const context = { world, happenings, mergeQueue, dataDir: options.dataDir, roles: options.users ?? {} };

  return {
    url: world.origin,
    apiUrl: world.apiUrl,
    appId: String(world.app.id),
    privateKey: keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    webhookSecret,
    deliveries: deliveries.records,
    violations,
    assertClean() {
      if (violations.length > 0) throw new Error(`GitHub would not have it so:\n${violations.join('\n')}`);
    },
    setWebhookUrl: (url) => deliveries.setUrl(url),
    createRepository: (name, seed) => createRepository(context, name, seed),
    fork: (repository, owner) => forkRepository(context, repository, owner),
    redeliver: (guid) => deliveries.redeliver(guid),
    settled: () => deliveries.settled(),
    failNext: (operation, fault) => faults.add(operation, fault),
    tokenOf: (user) => authentication.issueUserToken(world.user(user)),
    forgetInstallationTokens: () => authentication.forgetInstallationTokens(),
    reactionsOf: (commentId) => world.reactions.filter((reaction) => reaction.commentId === Number(commentId)),
    async close() {
      await deliveries.settled();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}
