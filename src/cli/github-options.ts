import type { Config } from '../config/operator-config.ts';
import type { GitHubForgeOptions } from '../forge/github/github-forge.ts';
import type { KnownSecrets } from '../forge/known-secrets.ts';
import type { Log } from '../log.ts';

/** The operator's App, as `forge/github` wants it named. */
export function gitHubOptions(
  { apiUrl, appId, privateKey, owners, deployments }: NonNullable<Config['github']>,
  log: Log,
  secrets: KnownSecrets,
): GitHubForgeOptions {
  const onSecret = (value: string) => secrets.add(value);
  return { apiUrl, appId, privateKey: privateKey.reveal(), owners, deployments, log, onSecret };
}
