import { createVerify, type KeyObject, randomBytes } from 'node:crypto';
import type { Installation, User, World } from './world.ts';

export type Caller =
  | { kind: 'nobody' }
  | { kind: 'app' }
  | ({ kind: 'installation' } & Grant)
  | { kind: 'user'; user: User };

/** What a token may do: everything that its installation may, or less. */
export interface Grant {
  installation: Installation;
  permissions: Installation['permissions'];
  /** Ids; null is every repository of the installation. */
  repositories: ReadonlySet<number> | null;
}

/** A refusal as GitHub words it. */
export class GitHubRefusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'GitHubRefusal';
    this.status = status;
    this.headers = headers;
  }
}

const tokenLifeMs = 3_600_000;
const longestJwtSeconds = 600;
const clockSkewSeconds = 60;

/** Who is calling: knows the tokens it gave away and the App's public key. */
export class Authentication {
  readonly #world: World;
  #publicKey: KeyObject;
  readonly #makeToken: (() => string) | undefined;
  readonly #installationTokens = new Map<string, Grant & { expires: number }>();
  readonly #userTokens = new Map<string, User>();

  constructor(world: World, publicKey: KeyObject, makeToken?: () => string) {
    this.#world = world;
    this.#publicKey = publicKey;
    this.#makeToken = makeToken;
  }

  /** In GitHub's newest form, `ghs_APPID_JWT`, some hundred characters, unless somebody wants to see another. */
  issueInstallationToken(grant: Grant): { token: string; expiresAt: string } {
    const token = this.#makeToken?.() ?? this.#newestForm();
    const expires = this.#world.now().getTime() + tokenLifeMs;
    this.#installationTokens.set(token, { ...grant, expires });
    return { token, expiresAt: new Date(expires).toISOString().replace(/\.\d+Z$/, 'Z') };
  }

  #newestForm(): string {
    const part = () => randomBytes(24).toString('base64url');
    return `ghs_${this.#world.app.id}_eyJ${part()}.eyJ${part()}.${part()}`;
  }

  /** What every token given away so far may do. */
  get grants(): readonly Grant[] {
    return [...this.#installationTokens.values()];
  }

  /** Another App's: what was given away so far counts no more. */
  setKey(publicKey: KeyObject): void {
    this.#publicKey = publicKey;
    this.#installationTokens.clear();
  }

  /** A classic personal token. */
  issueUserToken(user: User): string {
    const token = `ghp_${randomBytes(18).toString('hex')}`;
    this.#userTokens.set(token, user);
    return token;
  }

  /** As if an administrator had revoked them, or an hour had gone by. */
  forgetInstallationTokens(): void {
    this.#installationTokens.clear();
  }

  /** @throws GitHubRefusal 401 for credentials that are none */
  identify(authorization: string | null): Caller {
    if (authorization === null) return { kind: 'nobody' };
    const [scheme = '', token = ''] = authorization.split(' ');
    if (!/^(?:bearer|token)$/i.test(scheme)) throw new GitHubRefusal(401, 'Bad credentials');
    const user = this.#userTokens.get(token);
    if (user) return { kind: 'user', user };
    const grant = this.#installationTokens.get(token);
    if (grant && grant.expires > this.#world.now().getTime()) return { kind: 'installation', ...grant };
    if (token.startsWith('eyJ')) {
      this.#verifyJwt(token);
      return { kind: 'app' };
    }
    throw new GitHubRefusal(401, 'Bad credentials');
  }

  #verifyJwt(jwt: string): void {
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    const claims = decoded(payload);
    const now = Math.floor(this.#world.now().getTime() / 1000);
    const verified = createVerify('RSA-SHA256')
      .update(`${header}.${payload}`)
      .verify(this.#publicKey, Buffer.from(signature, 'base64url'));
    if (decoded(header).alg !== 'RS256' || !verified) {
      throw new GitHubRefusal(401, 'A JSON web token could not be decoded');
    }
    if (String(claims.iss) !== String(this.#world.app.id)) throw new GitHubRefusal(401, 'Integration not found');
    const issuedAt = Number(claims.iat);
    const expires = Number(claims.exp);
    if (!(issuedAt <= now + clockSkewSeconds)) {
      throw new GitHubRefusal(
        401,
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
      );
    }
    if (!(expires > now && expires <= now + longestJwtSeconds + clockSkewSeconds)) {
      throw new GitHubRefusal(
        401,
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
      );
    }
  }
}

function decoded(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new GitHubRefusal(401, 'A JSON web token could not be decoded');
  }
}
