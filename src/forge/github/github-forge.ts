import { type ArchiveLimits, defaultArchiveLimits } from '../archive.ts';
import type { Forge } from '../forge.ts';
import { changedFiles, getChange, listOpenChanges } from './changes.ts';
import { checksOf } from './checks-of.ts';
import { permissionOf, putComment, react, reply } from './comments.ts';
import { fetchTree, readFile } from './files.ts';
import { GitHubClient, type GitHubClientOptions } from './github-client.ts';
import { listRepositories } from './installations.ts';
import { isPublic } from './is-public.ts';
import { putCheck } from './put-check.ts';
import { putDeployment } from './put-deployment.ts';
import { listQueue } from './queue.ts';

export interface GitHubForgeOptions extends GitHubClientOptions {
  /** What `fetchTree` unpacks at most; default 50,000 files, 512 MiB. */
  treeLimits?: ArchiveLimits;
  /** For an archive's whole way here; default 120 s. */
  treeTimeoutMs?: number;
  /** Whether environments are shown as deployments, for which the App needs another permission; default: no. */
  deployments?: boolean;
}

/**
 * GitHub, as the App `appId`.
 * @throws RunError `FORGE_REFUSED` (fix-input) for a private key that is none
 */
export function createGitHubForge(options: GitHubForgeOptions): Forge {
  const client = new GitHubClient(options);
  const tree = {
    apiUrl: options.apiUrl,
    limits: options.treeLimits ?? defaultArchiveLimits,
    timeoutMs: options.treeTimeoutMs ?? 120_000,
  };
  return {
    getChange: (ref, signal) => getChange(client, ref, signal),
    listOpenChanges: (repository, signal) => listOpenChanges(client, repository, signal),
    listQueue: (repository, signal) => listQueue(client, repository, signal),
    changedFiles: (repository, baseSha, headSha, signal) => changedFiles(client, repository, baseSha, headSha, signal),
    readFile: (repository, sha, path, signal) => readFile(client, repository, sha, path, signal),
    async fetchTree(repository, sha, folder, signal) {
      const { leftOut } = await fetchTree(client, repository, sha, folder, tree, signal);
      if (leftOut.length > 0) options.log.info({ repository, sha, leftOut }, 'links of the tree left out');
    },
    permissionOf: (repository, user, signal) => permissionOf(client, repository, user, signal),
    putCheck: (repository, id, check, signal, mayBegin) => putCheck(client, repository, id, check, signal, mayBegin),
    checksOf: (repository, sha, signal) => checksOf(client, options.appId, { repository, sha }, signal),
    putComment: (ref, id, marker, body, signal, mayBegin) =>
      putComment(client, ref, id, marker, body, signal, mayBegin),
    isPublic: (repository, signal) => isPublic(client, repository, signal),
    listRepositories: (signal) => listRepositories(client, signal),
    reply: (ref, body, signal) => reply(client, ref, body, signal),
    react: (ref, commentId, reaction, signal) => react(client, ref, commentId, reaction, signal),
    putDeployment: async (repository, id, deployment, signal, mayBegin) =>
      options.deployments ? putDeployment(client, repository, id, deployment, signal, mayBegin) : null,
    quotas: () => client.quotas(),
  };
}
