import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { RunError } from '../errors.ts';
import type { RegistryAccess } from './registry-access.ts';
import { type Credentials, credentialsFor, readDockerConfig } from './registry-credentials.ts';
import { discard, type HttpAnswer, type HttpRequest, readText, sendHttp } from './registry-http.ts';

export interface RegistryRequest {
  method: HttpRequest['method'];
  /** Path with query, or the address that the registry gave for an upload. */
  target: string;
  repository: string;
  access: 'pull' | 'push';
  headers?: Record<string, string>;
  body?: Buffer | Readable;
  signal: AbortSignal;
  idleMs?: number;
}

/** One registry as one visitor sees it: knows its credentials and remembers tokens. For one run, not for a service's life. */
export class RegistryClient {
  readonly access: RegistryAccess;
  readonly #authorizations = new Map<string, string>();
  #credentials: Promise<Credentials | null> | null = null;

  constructor(access: RegistryAccess) {
    this.access = access;
  }

  /**
   * Answers the registry's challenge once when it asks; other statuses than 401, 403, 429 and 5xx are the caller's to judge.
   * @throws RunError REGISTRY_UNREACHABLE (retry), REGISTRY_REFUSED (fix-input: wrong credentials; retry: not allowed, or not there yet)
   */
  async request(request: RegistryRequest): Promise<HttpAnswer> {
    const key = `${request.access}:${request.repository}`;
    const first = await this.#send(request, this.#authorizations.get(key));
    if (first.status !== 401) return this.#judge(request, first);
    discard(first);
    const authorization = await this.#answerChallenge(request, first.headers);
    const second = await this.#send(request, authorization);
    if (second.status === 401) {
      discard(second);
      throw this.#refused(request, authorization.startsWith('Basic') ? 'fix-input' : 'retry');
    }
    this.#authorizations.set(key, authorization);
    return this.#judge(request, second);
  }

  /** Whether we would show credentials to this registry: then nothing that a change wrote may talk to it in our name. */
  async hasCredentials(): Promise<boolean> {
    return (await this.#knownCredentials()) !== null;
  }

  async #send(request: RegistryRequest, authorization: string | undefined): Promise<HttpAnswer> {
    const { access } = this;
    const url = new URL(request.target, `${access.scheme}://${access.address}`);
    // An upload's address may lead elsewhere (object storage): credentials stay with the registry.
    const own = url.host === new URL(`${access.scheme}://${access.address}`).host;
    const headers = { ...request.headers, ...(authorization && own ? { authorization } : {}) };
    const { method, body, signal, idleMs } = request;
    const options = { method, headers, ca: access.ca, signal };
    return sendHttp(url, { ...options, ...(body ? { body } : {}), ...(idleMs ? { idleMs } : {}) });
  }

  #judge(request: RegistryRequest, answer: HttpAnswer): HttpAnswer {
    if (answer.status === 403) {
      discard(answer);
      throw this.#refused(request, 'retry');
    }
    if (answer.status === 429 || answer.status >= 500) {
      discard(answer);
      throw new RunError(`asking the registry "${this.access.address}" for "${request.repository}"`, {
        code: 'REGISTRY_UNREACHABLE',
        remedy: 'retry',
        hint: `It answered ${answer.status}${answer.status === 429 ? ', too many requests' : ''}.`,
      });
    }
    return answer;
  }

  async #answerChallenge(request: RegistryRequest, headers: IncomingHttpHeaders): Promise<string> {
    const challenge = parseChallenge(headers['www-authenticate'] ?? '');
    const credentials = await this.#knownCredentials();
    if (challenge.scheme === 'bearer') return this.#fetchToken(request, challenge.parameters, credentials);
    if (credentials?.kind !== 'password') throw this.#refused(request, 'fix-input');
    return basic(credentials);
  }

  async #fetchToken(
    request: RegistryRequest,
    challenge: Record<string, string>,
    credentials: Credentials | null,
  ): Promise<string> {
    const realm = URL.parse(challenge.realm ?? '');
    if (realm === null || (this.access.scheme === 'https' && realm.protocol !== 'https:')) {
      throw this.#refused(request, 'fix-input');
    }
    const scope = `repository:${request.repository}:${request.access === 'push' ? 'pull,push' : 'pull'}`;
    const query = new URLSearchParams({ service: challenge.service ?? '', scope });
    const options = { ca: this.access.ca, signal: request.signal };
    let answer: HttpAnswer;
    if (credentials?.kind === 'identity-token') {
      const form = new URLSearchParams([
        ...query,
        ['grant_type', 'refresh_token'],
        ['client_id', 'greenroom'],
        ['refresh_token', credentials.token],
      ]);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      answer = await sendHttp(realm, { method: 'POST', headers, body: Buffer.from(form.toString()), ...options });
    } else {
      for (const [name, value] of query) realm.searchParams.set(name, value);
      const headers = credentials === null ? {} : { authorization: basic(credentials) };
      answer = await sendHttp(realm, { method: 'GET', headers, ...options });
    }
    if (answer.status !== 200) {
      discard(answer);
      throw this.#refused(request, answer.status === 401 && credentials !== null ? 'fix-input' : 'retry');
    }
    return `Bearer ${tokenOf(await readText(answer)) ?? ''}`;
  }

  #knownCredentials(): Promise<Credentials | null> {
    this.#credentials ??= this.#readCredentials();
    return this.#credentials;
  }

  async #readCredentials(): Promise<Credentials | null> {
    const { dockerConfigPath, address } = this.access;
    return dockerConfigPath === null ? null : credentialsFor(await readDockerConfig(dockerConfigPath), address);
  }

  #refused(request: RegistryRequest, remedy: 'fix-input' | 'retry'): RunError {
    const { dockerConfigPath, address } = this.access;
    const source = dockerConfigPath === null ? 'none were given' : `read from "${dockerConfigPath}"`;
    return new RunError(`${request.access}ing "${request.repository}" at the registry "${address}"`, {
      code: 'REGISTRY_REFUSED',
      remedy,
      hint:
        remedy === 'fix-input'
          ? `It refuses the credentials (${source}): set GREENROOM_REGISTRY_AUTH to a docker config.json that has them.`
          : `It does not allow this (credentials: ${source}); many registries answer so for a repository that does not exist yet.`,
    });
  }
}

const TokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

function tokenOf(text: string): string | undefined {
  try {
    const answer = TokenAnswer.parse(JSON.parse(text));
    return answer.token ?? answer.access_token;
  } catch {
    // Without a token the registry will say no, and that is what gets reported.
    return undefined;
  }
}

function basic(credentials: { kind: string; username?: string; password?: string }): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

/** `Bearer realm="…",service="…"` (RFC 9110, section 11.6.1), the first challenge only. */
export function parseChallenge(header: string): { scheme: string; parameters: Record<string, string> } {
  const [, scheme = '', rest = ''] = /^\s*([A-Za-z]+)\s*(.*)$/.exec(header) ?? [];
  const pairs = [...rest.matchAll(/([a-zA-Z_]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name.toLowerCase(),
    value,
  ]);
  return { scheme: scheme.toLowerCase(), parameters: Object.fromEntries(pairs) };
}
