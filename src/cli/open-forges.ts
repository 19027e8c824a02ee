import type { Config } from '../config/operator-config.ts';
import type { Secret } from '../config/secret.ts';
import type { ForgeName } from '../event/event.ts';
import type { Forge } from '../forge/forge.ts';
import { forgesTogether } from '../forge/forges-together.ts';
import { createGiteaForge } from '../forge/gitea/gitea-forge.ts';
import { parseDelivery as parseGiteaDelivery } from '../forge/gitea/parse-delivery.ts';
import { createGitHubForge } from '../forge/github/github-forge.ts';
import { parseDelivery as parseGitHubDelivery } from '../forge/github/parse-delivery.ts';
import type { KnownSecrets } from '../forge/known-secrets.ts';
import type { Log } from '../log.ts';
import type { Door } from '../webhook/receive-delivery.ts';
import { gitHubOptions } from './github-options.ts';

/** The forges that are configured, as one; null where none is. */
export function openForges({ github, gitea }: Config, log: Log, secrets: KnownSecrets): Forge | null {
  const forges = {
    github: github && createGitHubForge(gitHubOptions(github, log, secrets)),
    gitea: gitea && createGiteaForge({ url: gitea.url, token: gitea.token.reveal(), log }),
  };
  return forgesTogether(forges, log);
}

/** Where their deliveries come in; that of a forge that is not configured lets nothing in. */
export function doorsOf({ github, gitea }: Config): Record<ForgeName, Door> {
  return {
    github: { secrets: secretsOf(github), parseDelivery: parseGitHubDelivery },
    gitea: { secrets: secretsOf(gitea), parseDelivery: parseGiteaDelivery },
  };
}

/** The addresses that they deliver to. */
export function deliveryAddresses(config: Config): string[] {
  const configured = (['github', 'gitea'] as const).filter((forge) => config[forge] !== null);
  return configured.map((forge) => `${config.service.publicUrl}/webhooks/${forge}`);
}

function secretsOf(forge: { webhookSecret: Secret; previousWebhookSecret: Secret | null } | null): string[] {
  if (forge === null) return [];
  const previous = forge.previousWebhookSecret?.reveal();
  return [forge.webhookSecret.reveal(), ...(previous === undefined ? [] : [previous])];
}
