import { access } from 'node:fs/promises';
import { clusterFolder } from './cluster-folder.ts';
import { withClusterLock } from './cluster-lock.ts';
import { removeNode } from './remove-node.ts';

export interface ClusterDownOptions {
  dataDir: string;
  /** `embedded` when left away. */
  name?: string;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Ends a cluster, whatever state it is in, and removes all of it outside the data folder; what it kept there serves the next `up`.
 * Doing it twice is doing it once.
 * @throws RunError CLUSTER_NOT_GONE (retry)
 */
export async function clusterDown(options: ClusterDownOptions): Promise<void> {
  const folder = clusterFolder(options.dataDir, options.name);
  const remove = async () => {
    const wasRunning = await removeNode(folder.id);
    options.onProgress(`cluster "${folder.name}" ${wasRunning ? 'is down' : 'was not running'}`);
  };
  const exists = await access(folder.path).then(
    () => true,
    () => false,
  );
  // The folder may have been deleted under a running cluster.
  await (exists ? withClusterLock(folder, options.signal, remove) : remove());
}
