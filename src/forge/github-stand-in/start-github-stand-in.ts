import { generateKeyPair, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { deploymentPermissions, neededPermissions, usefulPermissions } from '../github/app-access.ts';
import { appOperations } from './app-operations.ts';
import { AppRegistrations } from './app-registrations.ts';
import { Authentication, type Grant } from './authenticate.ts';
import { checkOperations } from './check-operations.ts';
import { commentOperations } from './comment-operations.ts';
import { type ArchiveTickets, contentOperations } from './content-operations.ts';
import { Deliveries, type DeliveryRecord } from './deliveries.ts';
import { deploymentOperations } from './deployment-operations.ts';
import type { Fault } from './faults.ts';
import { Happenings } from './happenings.ts';
import { hookOperations } from './hook-operations.ts';
import { MergeQueue } from './merge-queue.ts';
import { loadRestDescription, loadWebhookDescription } from './openapi-description.ts';
import { Oracle } from './oracle.ts';
import { pullOperations } from './pull-operations.ts';
import type { Limits, RateLimits } from './rate-limits.ts';
import {
  createRepository,
  forkRepository,
  type RepositorySeed,
  type StandInRepository,
} from './stand-in-repository.ts';
import { openTrouble } from './trouble.ts';
import type { Weather } from './weather.ts';
import { webSite } from './web-site.ts';
import { type Deployment, type GitHubApp, type Installation, type Reaction, type Role, World } from './world.ts';

export interface GitHubStandInOptions {
  /** Bare repositories are made here. */
  dataDir: string;
  /** The organization that everything belongs to; default `acme`. */
  owner?: string;
  /** People and what they may do in every repository; `none` for a stranger. */
  users?: Record<string, Role | 'none'>;
  /** Default: all that Greenroom may ask for. */
  appPermissions?: GitHubApp['permissions'];
  /** On loopback; default: a free one. */
  port?: number;
  webhookSecret?: string;
  /** Installation tokens of another form; each must be new. */
  makeToken?: () => string;
  now?: () => Date;
  /** Default: none but the hourly one. `publishedLimits` are GitHub's own. */
  limits?: Partial<Limits>;
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
  setWebhookSecret(secret: string): void;
  /** The App as those who sign in know it. */
  readonly client: { id: string; secret: string };
  /** Where people are sent back to when they have signed in. */
  setCallbackUrl(url: string): void;
  /** The App on one more organization, which is new. */
  installOn(organization: string): Installation;
  createRepository(name: string, seed: RepositorySeed): Promise<StandInRepository>;
  /** A fork under another owner, with that person as its administrator. */
  fork(repository: StandInRepository, owner: string): Promise<StandInRepository>;
  redeliver(guid: string): Promise<DeliveryRecord>;
  /** Resolves when every delivery under way was answered. */
  settled(): Promise<void>;
  /** Lets one of the next requests go wrong. @param operation `GET /repos/{owner}/{repo}/pulls`, or `*` */
  failNext(operation: string, fault: Fault): void;
  /** What goes wrong by itself from now on; null for nothing more. */
  setWeather(weather: Weather | null): void;
  readonly rateLimits: Pick<RateLimits, 'ignoredPauses' | 'refusals' | 'limits'>;
  readonly deployments: readonly Deployment[];
  /** A personal token, for what only people or only Apps may do. */
  tokenOf(user: string): string;
  forgetInstallationTokens(): void;
  /** What every installation token given away so far may do. */
  readonly grants: readonly Grant[];
  reactionsOf(commentId: string): Reaction[];
  close(): Promise<void>;
}

/** `event-action` of everything that can be delivered, as GitHub's description names them. */
const delivered = [
  'ping',
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
  const { world, keys, authentication, webhookSecret, violations, trouble, deliveries, happenings, site } =
    await assemble(options);
  const server = createAdaptorServer({ fetch: site.fetch });
  world.origin = await listen(server, options.port ?? 0);
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
    setWebhookSecret: (secret) => deliveries.setSecret(secret),
    get client() {
      return { id: world.app.clientId, secret: world.app.clientSecret };
    },
    setCallbackUrl: (url) => {
      world.app.callbackUrls = [url];
    },
    installOn: (organization) => world.install(world.addUser(organization, 'Organization')),
    get grants() {
      return authentication.grants;
    },
    createRepository: (name, seed) => createRepository(context, name, seed),
    fork: (repository, owner) => forkRepository(context, repository, owner),
    redeliver: (guid) => deliveries.redeliver(guid),
    settled: () => deliveries.settled(),
    failNext: (operation, fault) => trouble.faults.add(operation, fault),
    setWeather: (weather) => trouble.setWeather(weather),
    rateLimits: trouble.rateLimits,
    deployments: world.deployments,
    tokenOf: (user) => authentication.issueUserToken(world.user(user)),
    forgetInstallationTokens: () => authentication.forgetInstallationTokens(),
    reactionsOf: (commentId) => world.reactions.filter((reaction) => reaction.commentId === Number(commentId)),
    async close() {
      await deliveries.settled();
      await close(server);
    },
  };
}

/** Everything but its address. */
async function assemble(options: GitHubStandInOptions) {
  const world = worldOf(options);
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const authentication = new Authentication(world, keys.publicKey, options.makeToken);
  const webhookSecret = options.webhookSecret ?? randomBytes(20).toString('hex');
  const violations: string[] = [];
  const trouble = openTrouble(options.limits, world.now);
  const tickets: ArchiveTickets = new Map();
  // Both need the other: operations cause deliveries, and deliveries are judged with the operations' oracle.
  let happenings: Happenings | undefined;
  const hook: { deliveries: Deliveries | null } = { deliveries: null };
  const registrations = new AppRegistrations({ world, authentication, hook });
  const operations = [
    ...appOperations(authentication),
    ...hookOperations(hook),
    ...registrations.operations,
    ...pullOperations,
    ...deploymentOperations,
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
  hook.deliveries = deliveries;
  deliveries.setWeather(trouble.weather);
  happenings = new Happenings(world, deliveries);
  const parts = { world, authentication, violations, happenings };
  const site = webSite({ ...parts, ...trouble, oracle, operations, tickets, registrations });
  return { ...parts, trouble, keys, webhookSecret, deliveries, site };
}

function worldOf({ owner, appPermissions, users, now }: GitHubStandInOptions): World {
  const permissions = appPermissions ?? { ...neededPermissions, ...usefulPermissions, ...deploymentPermissions };
  const world = new World(owner ?? 'acme', permissions, now ?? (() => new Date()));
  for (const login of Object.keys(users ?? {})) world.addUser(login, 'User');
  return world;
}

async function listen(server: ServerType, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
