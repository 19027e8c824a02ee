import type { Config } from '../config/operator-config.ts';
import { readPullSecret } from '../image/read-pull-secret.ts';
import { readDockerConfig } from '../image/registry-credentials.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';

/**
 * What the nodes pull with on a cluster that is not ours: the Secret that the operator names, instead of what Greenroom itself
 * pushes with. Of the docker config file they get the credentials and nothing else.
 * @throws RunError PULL_SECRET_UNUSABLE, REGISTRY_AUTH_UNREADABLE (fix-input), CLUSTER_UNREACHABLE
 */
export async function pullSecretOf(
  { registry, cluster }: Config,
  kubernetes: Kubernetes,
  signal: AbortSignal,
): Promise<{ dockerConfigJson: string } | null> {
  if (cluster.kind === 'embedded') return null;
  if (registry.pullSecret !== null) {
    const { dockerConfigJson } = await readPullSecret(kubernetes, registry.pullSecret, signal);
    return { dockerConfigJson };
  }
  if (registry.authPath === null) return null;
  const { auths } = await readDockerConfig(registry.authPath);
  return { dockerConfigJson: Buffer.from(JSON.stringify({ auths })).toString('base64') };
}
