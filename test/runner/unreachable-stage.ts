import { join } from 'node:path';
import { writeFileAtomically } from '../../src/cluster/write-file.ts';
import { connectKubernetes } from '../../src/kubernetes/kubernetes.ts';
import { silentLog } from '../../src/log.ts';
import { Bell } from '../../src/runner/bell.ts';
import type { Stage } from '../../src/runner/stage.ts';
import { artifactFolder } from '../../src/store/artifact-folder.ts';

const nowhere = '127.0.0.1:1';

/** A stage whose cluster and registry nobody answers for: a run that needs neither does not notice. */
export async function unreachableStage(dataDir: string): Promise<Stage> {
  const kubeconfig = join(dataDir, 'kubeconfig');
  await writeFileAtomically(kubeconfig, kubeconfigText);
  const refuse = () => Promise.reject(new Error('no image is needed here'));
  return {
    log: silentLog(),
    now: () => new Date(),
    dataDir,
    instance: 'unreachable',
    kubernetes: connectKubernetes(kubeconfig, null),
    registry: { address: nowhere, scheme: 'http', ca: null, dockerConfigPath: null },
    artifacts: artifactFolder(join(dataDir, 'runs')),
    pulumi: { root: dataDir, backend: { url: `file://${dataDir}`, env: {} }, stateDir: dataDir, passphrase: 'none' },
    runnerImages: refuse,
    builderImage: refuse,
    buildProxy: null,
    podTemplate: null,
    pullSecret: async () => null,
    secretsNamespace: 'greenroom-secrets',
    preview: null,
    ceilings: {
      maxCpu: '4',
      maxMemory: '4Gi',
      maxTtlMs: 3_600_000,
      allowedKinds: [],
      allowedEgress: [],
      allowedRegistries: [],
    },
    fences: null,
    bell: new Bell(),
    onUpdate: () => undefined,
    onLine: () => undefined,
  };
}

const kubeconfigText = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'nowhere', cluster: { server: `https://${nowhere}` } }],
  users: [{ name: 'me', user: {} }],
  contexts: [{ name: 'nowhere', context: { cluster: 'nowhere', user: 'me' } }],
  'current-context': 'nowhere',
});
