import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { RunError } from '../errors.ts';

/** What one registry is told: a name and password, or a refresh token that its token service exchanges. */
export type Credentials =
  | { kind: 'password'; username: string; password: string }
  | { kind: 'identity-token'; token: string };

const AuthEntry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

/** The part of docker's `config.json` that we read; everything else in it is docker's. */
export const DockerConfig = z.object({
  auths: z.record(z.string(), AuthEntry).default({}),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).default({}),
});
export type DockerConfig = z.infer<typeof DockerConfig>;

/** @throws RunError REGISTRY_AUTH_UNREADABLE (fix-input) */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  try {
    return DockerConfig.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    // The parser's own message may quote the file, which holds passwords.
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it is not a docker config.json';
    throw new RunError(`reading registry credentials from "${path}" (${reason})`, {
      code: 'REGISTRY_AUTH_UNREADABLE',
      remedy: 'fix-input',
      hint: 'Point GREENROOM_REGISTRY_AUTH to a docker config.json that has "auths".',
    });
  }
}

/**
 * Credentials for `host`, or null for an anonymous visit.
 * @throws RunError REGISTRY_CREDENTIAL_HELPER (fix-input) when only a helper program knows them: we run no such programs
 */
export function credentialsFor(config: DockerConfig, host: string): Credentials | null {
  const key = Object.keys(config.auths).find((candidate) => hostOfKey(candidate) === hostOfKey(host));
  const entry = key === undefined ? undefined : config.auths[key];
  if (entry?.identitytoken) return { kind: 'identity-token', token: entry.identitytoken };
  if (entry?.auth) return fromBasic(entry.auth);
  if (entry?.username && entry.password !== undefined) {
    return { kind: 'password', username: entry.username, password: entry.password };
  }
  // With a credential store, docker leaves an empty entry in `auths` for every registry that it knows.
  const helper = config.credHelpers[host] ?? (entry === undefined ? undefined : config.credsStore);
  if (helper === undefined) return null;
  throw new RunError(`reading the credentials of the registry "${host}"`, {
    code: 'REGISTRY_CREDENTIAL_HELPER',
    remedy: 'fix-input',
    hint: `They are kept by the helper "docker-credential-${helper}", which is not supported: write a config.json whose "auths" holds them ("docker --config DIR login ${host}" with no credsStore in DIR/config.json).`,
  });
}

function fromBasic(auth: string): Credentials {
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return {
    kind: 'password',
    username: decoded.slice(0, colon),
    password: decoded.slice(colon + 1).replace(/\0+$/, ''),
  };
}

/** Keys of `auths` are hosts or whole addresses (`https://index.docker.io/v1/`). */
function hostOfKey(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return host === 'docker.io' || host === 'index.docker.io' ? 'registry-1.docker.io' : host;
}
