import type { Config } from '../config/operator-config.ts';
import { secretsIn } from '../config/secret.ts';
import { KnownSecrets } from '../forge/known-secrets.ts';

/** Everything of the operator's configuration that nothing may print; tokens join them as they come. */
export function knownSecretsOf(config: Config): KnownSecrets {
  const known = new KnownSecrets();
  for (const value of secretsIn(config)) known.add(value);
  return known;
}
