import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Authentication, GitHubRefusal } from './authenticate.ts';
import type { Deliveries } from './deliveries.ts';
import type { Operation } from './operation.ts';
import { representApp, representUser } from './represent-people.ts';
import type { User, World } from './world.ts';

/** As GitHub's documentation of the flow lists them; an unknown key is a slip. */
const Manifest = z.strictObject({
  name: z.string().min(1).max(34),
  url: z.url(),
  description: z.string().optional(),
  hook_attributes: z.strictObject({ url: z.url(), active: z.boolean().optional() }),
  redirect_url: z.url(),
  callback_urls: z.array(z.url()).max(10).optional(),
  setup_url: z.url().optional(),
  setup_on_update: z.boolean().optional(),
  request_oauth_on_install: z.boolean().optional(),
  public: z.boolean().optional(),
  default_permissions: z.record(z.string(), z.enum(['read', 'write'])),
  default_events: z.array(z.string()),
});
type Manifest = z.infer<typeof Manifest>;

/** An App hears only of what it may read. */
const permissionOfEvent: Record<string, string> = {
  check_run: 'checks',
  check_suite: 'checks',
  deployment_status: 'deployments',
  issue_comment: 'issues',
  merge_group: 'merge_queues',
  pull_request: 'pull_requests',
  registry_package: 'packages',
  repository_dispatch: 'contents',
  workflow_run: 'actions',
};
const goodForMs = 3_600_000;
const loopback = /^(localhost|127\.|\[::1\])/;

export interface RegistrationParts {
  world: World;
  authentication: Authentication;
  hook: { deliveries: Deliveries | null };
}

/** The way from a manifest to an App: a person confirms it, and a code fetches the credentials, once. The new App takes the old one's place. */
export class AppRegistrations {
  readonly #parts: RegistrationParts;
  readonly #wishes = new Map<string, { manifest: Manifest; owner: User; state: string }>();
  readonly #codes = new Map<string, { privateKey: string; secret: string; until: number }>();

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  /** @returns the ticket of the page on which a person confirms; @throws GitHubRefusal 422 as the form says it */
  propose(owner: User, text: string, state: string): { ticket: string; name: string } {
    const parsed = Manifest.safeParse(JSON.parse(text));
    const problems = parsed.success ? problemsOf(parsed.data) : parsed.error.issues.map(({ message }) => message);
    if (!parsed.success || problems.length > 0)
      throw new GitHubRefusal(422, `Invalid manifest: ${problems.join('; ')}`);
    const ticket = randomBytes(8).toString('hex');
    this.#wishes.set(ticket, { manifest: parsed.data, owner, state });
    return { ticket, name: parsed.data.name };
  }

  /** @returns where the person is sent back to */
  async confirm(ticket: string): Promise<string> {
    const wish = this.#wishes.get(ticket);
    if (!wish) throw new GitHubRefusal(404, 'Not Found');
    this.#wishes.delete(ticket);
    const { world, authentication, hook } = this.#parts;
    const { manifest, owner, state } = wish;
    const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const secret = randomBytes(20).toString('hex');
    this.#take(manifest, owner);
    authentication.setKey(keys.publicKey);
    hook.deliveries?.setUrl(manifest.hook_attributes.url);
    hook.deliveries?.setSecret(secret);
    void this.#ping(manifest);
    const code = randomBytes(20).toString('hex');
    const privateKey = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    this.#codes.set(code, { privateKey, secret, until: world.now().getTime() + goodForMs });
    const back = new URL(manifest.redirect_url);
    back.searchParams.set('code', code);
    back.searchParams.set('state', state);
    return back.href;
  }

  get operations(): Operation[] {
    return [
      {
        name: 'POST /app-manifests/{code}/conversions',
        for: 'anybody',
        permissions: [],
        answer: ({ world, params }) => {
          const found = this.#codes.get(params.code ?? '');
          this.#codes.delete(params.code ?? '');
          if (!found || found.until < world.now().getTime()) throw new GitHubRefusal(404, 'Not Found');
          const more = { client_id: world.app.clientId, client_secret: world.app.clientSecret };
          return {
            status: 201,
            body: { ...representApp(world), ...more, webhook_secret: found.secret, pem: found.privateKey },
          };
        },
      },
    ];
  }

  #take(manifest: Manifest, owner: User): void {
    const { world } = this.#parts;
    const slug = manifest.name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    Object.assign(world.app, {
      id: world.nextId(),
      slug,
      name: manifest.name,
      owner,
      bot: world.addUser(`${slug}[bot]`, 'Bot'),
      permissions: manifest.default_permissions,
      events: manifest.default_events,
      createdAt: world.instant(),
      clientId: `Iv23li${randomBytes(7).toString('hex')}`,
      clientSecret: randomBytes(20).toString('hex'),
      callbackUrls: manifest.callback_urls ?? [],
    });
    world.installations.length = 0;
  }

  async #ping({ hook_attributes: { url } }: Manifest): Promise<void> {
    const { world, hook: webhook } = this.#parts;
    const { id, events, createdAt, owner } = world.app;
    const config = { content_type: 'json', insecure_ssl: '0', secret: '********', url };
    const times = { created_at: createdAt, updated_at: createdAt };
    const hook = { type: 'App', id: world.nextId(), name: 'web', active: true, events, config, app_id: id, ...times };
    const sender = representUser(world, owner);
    await webhook.deliveries?.send('ping', { zen: 'Speak like a human.', hook_id: hook.id, hook, sender });
  }
}

function problemsOf({ hook_attributes: { url }, default_events: events, default_permissions }: Manifest): string[] {
  const unknown = events.filter((event) => permissionOfEvent[event] === undefined);
  const deaf = events.filter((event) => default_permissions[permissionOfEvent[event] ?? ''] === undefined);
  return [
    ...(loopback.test(new URL(url).host)
      ? ["Hook url is not supported because it isn't reachable over the public Internet"]
      : []),
    ...unknown.map((event) => `Default events unsupported: ${event}`),
    ...deaf.map((event) => `Default events are not supported by permissions: ${event}`),
  ];
}
