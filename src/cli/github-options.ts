import type { Config } from '../config/operator-config.ts';
import type { GitHubClientOptions } from '../forge/github/github-client.ts';
import type { KnownSecrets } from '../forge/known-secrets.ts';
import type { Log } from '../log.ts';

/** The operator's App, as `forge/github` wants it named. */
export function gitHubOptions(
  { apiUrl, appId, privateKey, owners }: NonNullable<Config['github']>,
  log: Log,
  secrets: KnownSecrets,
): GitHubClientOptions {
  const onSecret = (value: string) => secrets.add(value);
  return { apiUrl, appId, privateKey: privateKey.reveal(), owners, log, onSecret };
}
