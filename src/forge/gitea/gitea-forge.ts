import type { Log } from '../../log.ts';
import { type ArchiveLimits, defaultArchiveLimits } from '../archive.ts';
import type { Forge } from '../forge.ts';
import { changedFiles } from './changed-files.ts';
import { getChange, listOpenChanges } from './changes.ts';
import { putComment, react, reply } from './comments.ts';
import { fetchTree, readFile } from './files.ts';
import { GiteaClient, type GiteaClientOptions } from './gitea-client.ts';
import { permissionOf } from './permission-of.ts';
import { isPublic, listRepositories } from './repositories.ts';
import { checksOf, putCheck } from './statuses.ts';

export interface GiteaForgeOptions extends GiteaClientOptions {
  log: Log;
  /** What `fetchTree` unpacks at most; default 50,000 files, 512 MiB. */
  treeLimits?: ArchiveLimits;
  /** For an archive's whole way here; default 120 s. */
  treeTimeoutMs?: number;
}

/** Gitea or Forgejo, as the user of a token. */
export function createGiteaForge(options: GiteaForgeOptions): Forge {
  const client = new GiteaClient(options);
  const tree = {
    url: options.url,
    limits: options.treeLimits ?? defaultArchiveLimits,
    timeoutMs: options.treeTimeoutMs ?? 120_000,
  };
  return {
    getChange: (ref, signal) => getChange(client, ref, signal),
    listOpenChanges: (repository, signal) => listOpenChanges(client, repository, signal),
    // It has no merge queue.
    listQueue: async () => [],
    changedFiles: (repository, baseSha, headSha, signal) => changedFiles(client, repository, baseSha, headSha, signal),
    readFile: (repository, sha, path, signal) => readFile(client, repository, sha, path, signal),
    async fetchTree(repository, sha, folder, signal) {
      const { leftOut } = await fetchTree(client, repository, sha, folder, tree, signal);
      if (leftOut.length > 0) options.log.info({ repository, sha, leftOut }, 'links of the tree left out');
    },
    permissionOf: (repository, user, signal) => permissionOf(client, repository, user, signal),
    putCheck: (repository, _id, check, signal, mayBegin) => putCheck(client, repository, check, signal, mayBegin),
    checksOf: (repository, sha, signal) => checksOf(client, repository, sha, signal),
    putComment: (ref, id, marker, body, signal, mayBegin) =>
      putComment(client, ref, id, { marker, body }, signal, mayBegin),
    isPublic: (repository, signal) => isPublic(client, repository, signal),
    listRepositories: (signal) => listRepositories(client, signal),
    reply: (ref, body, signal) => reply(client, ref, body, signal),
    react: (ref, commentId, reaction, signal) => react(client, ref, commentId, reaction, signal),
    // It has no deployments, and counts no requests.
    putDeployment: async () => null,
    quotas: () => [],
  };
}
