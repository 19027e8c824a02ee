import { env } from 'node:process';
import type { V1Pod } from '@kubernetes/client-node';
import { ensureBaseImages } from '../../src/image/runner-images.ts';
import { connectKubernetes, type Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { defaultCacheDir } from '../../src/toolchain/ensure-tools.ts';

export const kubeconfigPath = env.GREENROOM_TEST_KUBECONFIG;
export const registryAddress = env.GREENROOM_TEST_REGISTRY ?? '';

export function connectTestCluster(): Kubernetes {
  if (!kubeconfigPath) throw new Error('GREENROOM_TEST_KUBECONFIG is not set');
  return connectKubernetes(kubeconfigPath, null);
}

/** An image with Node in it, by digest; made and pushed where the registry lacks it. */
export async function nodeImage(): Promise<string> {
  const { node } = await ensureBaseImages({
    registry: { address: registryAddress, scheme: 'http', ca: null, dockerConfigPath: null },
    cacheDir: defaultCacheDir(env),
    signal: AbortSignal.timeout(300_000),
  });
  return node;
}

/** A namespace of its own for one test file, gone when the file is done. */
export async function makeNamespace(
  kubernetes: Kubernetes,
  prefix: string,
): Promise<{ name: string; remove: () => Promise<void> }> {
  const name = `${prefix}-${Date.now().toString(36)}`;
  await kubernetes.core.createNamespace({ body: { metadata: { name } } });
  const remove = async () => {
    await kubernetes.batch.deleteCollectionNamespacedJob({ namespace: name, propagationPolicy: 'Background' });
    await kubernetes.core.deleteCollectionNamespacedPod({ namespace: name, gracePeriodSeconds: 1 });
    await kubernetes.core.deleteNamespace({ name });
  };
  return { name, remove };
}

export async function startPod(
  kubernetes: Kubernetes,
  namespace: string,
  name: string,
  spec: V1Pod['spec'],
): Promise<void> {
  await kubernetes.core.createNamespacedPod({ namespace, body: { metadata: { name }, spec } as V1Pod });
  for (let attempt = 0; attempt < 300; attempt++) {
    const pod = await kubernetes.core.readNamespacedPod({ namespace, name });
    if (pod.status?.phase === 'Running') return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`pod ${name} does not run`);
}
