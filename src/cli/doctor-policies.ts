import type { Config } from '../config/operator-config.ts';
import type { Host } from '../host.ts';
import { ensureRunnerImage } from '../image/runner-images.ts';
import { type PolicyFinding, probePolicies } from '../runner/policies/probe-policies.ts';
import { defaultCacheDir } from '../toolchain/ensure-tools.ts';
import { findPresentTools } from '../toolchain/present-tools.ts';
import type { Finding } from './doctor.ts';
import { findTools, namedRegistry, openNamedCluster } from './open-machine.ts';
import { pullSecretOf } from './pull-secret.ts';

const what = 'policies';

/** Whether a cluster that is not ours enforces NetworkPolicies: two pods connect, in a namespace that is gone afterwards. */
export async function policies(host: Host, config: Config): Promise<Finding> {
  const cacheDir = defaultCacheDir(host.env);
  const { env, shutdown: signal } = host;
  const present = await findPresentTools({ cacheDir, path: env.PATH ?? '', env, signal });
  // Nothing is built for a look, and the image has it in it.
  if (present.missing.includes('k6')) {
    return policiesFinding(
      { enforced: 'unknown', detail: 'k6, which belongs in the image of the probe, is not built yet', leftover: null },
      config.cluster.unfencedForks,
    );
  }
  const registry = namedRegistry(config);
  const kubernetes = openNamedCluster(config);
  const image = async (inTime: AbortSignal) => {
    const { k6 } = await findTools({ host, config, assumeYes: false, onProgress: () => undefined, signal: inTime }, [
      'k6',
    ]);
    return await ensureRunnerImage({ registry, cacheDir, k6Path: k6, signal: inTime });
  };
  const finding = await probePolicies({
    kubernetes,
    instance: config.service.instance,
    image,
    pullSecret: (inTime) => pullSecretOf(config, kubernetes, inTime),
    podTemplate: config.cluster.podTemplate,
    signal,
  });
  return policiesFinding(finding, config.cluster.unfencedForks);
}

const plugin = 'Install a network plugin that enforces NetworkPolicies, such as Calico or Cilium';

/** PURE. */
export function policiesFinding(
  { enforced, detail, leftover }: PolicyFinding,
  unfencedForks: Config['cluster']['unfencedForks'],
): Finding {
  const forks =
    unfencedForks === 'allow'
      ? 'Until then changes from forks run without fences, as GREENROOM_UNFENCED_FORKS says'
      : 'Until then changes from forks are not run (GREENROOM_UNFENCED_FORKS=allow runs them all the same)';
  const words = {
    yes: `hold: ${detail}`,
    no: `do not hold: ${detail}`,
    unknown: `not known whether they hold: ${detail}`,
  };
  const cure = enforced === 'no' ? plugin : 'Mend what kept it from being found out, and ask again';
  return {
    what,
    ok: enforced === 'yes' && leftover === null,
    detail: leftover === null ? words[enforced] : `${words[enforced]}; ${leftover}`,
    remedy: enforced === 'yes' ? 'Nothing else is wrong: look at the namespace that is named.' : `${cure}. ${forks}.`,
  };
}
