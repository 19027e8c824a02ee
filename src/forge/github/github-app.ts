import { RunError } from '../../errors.ts';
import { GitHubClient, type GitHubClientOptions } from './github-client.ts';
import { type DeliveryAttempt, isDelivered, keptForMs, missedDeliveries } from './missed-deliveries.ts';
import { allPages } from './pages.ts';

/** Names of accepted deliveries among those asked for. */
export type Accepted = (guids: readonly string[]) => Promise<ReadonlySet<string>>;

export interface GitHubApp {
  /** What the App is made with. */
  self(signal: AbortSignal): Promise<AppSelf>;
  /** Where it is installed, and what was granted there. */
  installations(signal: AbortSignal): Promise<AppInstallation[]>;
  hook(signal: AbortSignal): Promise<Hook>;
  /** Attempts, the newest first, back to `since`, or as many as `pages` of 100 hold. */
  deliveries(since: number, signal: AbortSignal, pages?: number): Promise<DeliveryAttempt[]>;
  redeliver(attemptId: string, signal: AbortSignal): Promise<void>;
  /** Asks GitHub for what it could not deliver and we have not. @returns how many */
  recoverDeliveries(accepted: Accepted, signal: AbortSignal): Promise<number>;
}

export interface AppSelf {
  slug: string;
  page: string;
  permissions: Readonly<Record<string, string | undefined>>;
  events: readonly string[];
}

/** The App's one webhook. */
export interface Hook {
  url: string;
  contentType: string;
  verifiesTls: boolean;
}

export interface AppInstallation extends Pick<AppSelf, 'permissions' | 'events'> {
  account: string;
  suspended: boolean;
  page: string;
}

const maxPages = 200;
const perPage = 100;
/** An attempt is listed once it has ended. */
const overlapMs = 15 * 60_000;
/** In one go: an App that shouts after a long outage must not run into limits that its runs need. */
const mostAtOnce = 100;

/** The App about itself: its registration, installations and webhook, all asked as the App (JWT), none as an installation. */
export function createGitHubApp(options: GitHubClientOptions): GitHubApp {
  const client = new GitHubClient(options);
  const now = options.now ?? Date.now;
  const recovery = new Recovery(now);
  const app: GitHubApp = {
    self: (signal) => readSelf(client, signal),
    installations: (signal) => listInstallations(client, signal),
    hook: (signal) => readHook(client, signal),
    deliveries: (since, signal, pages = maxPages) => listDeliveries(client, { since, pages }, signal),
    redeliver: (attemptId, signal) => redeliver(client, attemptId, signal),
    recoverDeliveries: (accepted, signal) => recovery.round(app, accepted, signal),
  };
  return app;
}

/** Remembers how far back it has looked, and what failed there: each round reads little but the new. */
class Recovery {
  readonly #now: () => number;
  #lookedUntil: number | null = null;
  #failed = new Map<string, DeliveryAttempt[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  async round(app: GitHubApp, accepted: Accepted, signal: AbortSignal): Promise<number> {
    const now = this.#now();
    const since = Math.max(now - keptForMs, (this.#lookedUntil ?? 0) - overlapMs);
    this.#remember(await app.deliveries(since, signal), now);
    this.#lookedUntil = now;
    const known = await accepted([...this.#failed.keys()]);
    for (const guid of known) this.#failed.delete(guid);
    const missed = missedDeliveries([...this.#failed.values()].flat(), known, now).slice(0, mostAtOnce);
    for (const attempt of missed) await app.redeliver(attempt.id, signal);
    return missed.length;
  }

  #remember(attempts: readonly DeliveryAttempt[], now: number): void {
    const before = [...this.#failed.values()].flat().filter(({ at }) => at + keptForMs > now);
    const all = new Map([...before, ...attempts].map((attempt) => [attempt.id, attempt]));
    const byGuid = Map.groupBy(all.values(), ({ guid }) => guid);
    this.#failed = new Map([...byGuid].filter(([, each]) => !each.some(isDelivered)));
  }
}

async function readSelf(client: GitHubClient, signal: AbortSignal): Promise<AppSelf> {
  const { data } = await client.asApp("reading the App's registration", signal, (octokit, request) =>
    octokit.request('GET /app', { request }),
  );
  return {
    slug: data?.slug ?? '',
    page: data?.html_url ?? '',
    permissions: { ...data?.permissions },
    events: data?.events ?? [],
  };
}

async function listInstallations(client: GitHubClient, signal: AbortSignal): Promise<AppInstallation[]> {
  const found = await allPages(maxPages, (page) =>
    client.asApp("listing the App's installations", signal, async (octokit, request) => {
      const { data } = await octokit.request('GET /app/installations', { ...page, request });
      return data;
    }),
  );
  return found.map(({ account, permissions, events, suspended_at, html_url }) => ({
    account: account !== null && 'login' in account ? account.login : 'an enterprise',
    permissions: { ...permissions } as AppSelf['permissions'],
    events,
    suspended: suspended_at !== null,
    page: html_url,
  }));
}

async function readHook(client: GitHubClient, signal: AbortSignal): Promise<Hook> {
  const { data } = await client.asApp("reading the App's webhook", signal, (octokit, request) =>
    octokit.request('GET /app/hook/config', { request }),
  );
  return {
    url: data.url ?? '',
    contentType: data.content_type ?? 'form',
    verifiesTls: String(data.insecure_ssl ?? '0') === '0',
  };
}

async function listDeliveries(
  client: GitHubClient,
  { since, pages }: { since: number; pages: number },
  signal: AbortSignal,
): Promise<DeliveryAttempt[]> {
  const found: DeliveryAttempt[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const { data, headers } = await client.asApp("listing the webhook's deliveries", signal, (octokit, request) =>
      octokit.request('GET /app/hook/deliveries', {
        per_page: perPage,
        ...(cursor === undefined ? {} : { cursor }),
        request,
      }),
    );
    const attempts = data.map(({ id, guid, event, delivered_at, status_code, status, duration }) => ({
      id: String(id),
      guid,
      event,
      at: Date.parse(delivered_at),
      statusCode: status_code,
      said: status,
      seconds: duration,
    }));
    found.push(...attempts.filter(({ at }) => at >= since));
    cursor = nextCursor(headers.link);
    if (cursor === undefined || found.length < (page + 1) * perPage) break;
  }
  return found;
}

function nextCursor(link: string | undefined): string | undefined {
  const address = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return address === undefined ? undefined : (new URL(address).searchParams.get('cursor') ?? undefined);
}

async function redeliver(client: GitHubClient, attemptId: string, signal: AbortSignal): Promise<void> {
  if (!/^\d+$/.test(attemptId)) {
    throw new RunError(`asking for the delivery "${attemptId}"`, { code: 'UNEXPECTED', remedy: 'report-bug' });
  }
  await client.asApp(`asking for the delivery ${attemptId} again`, signal, (octokit, request) =>
    octokit.request('POST /app/hook/deliveries/{delivery_id}/attempts', {
      // The number as GitHub wrote it: made one of ours, it would be rounded.
      delivery_id: attemptId as unknown as number,
      request,
    }),
  );
}
