import { explain, RunError } from '../errors.ts';
import type { ForgeName } from '../event/event.ts';
import type { Log } from '../log.ts';
import type { Forge } from './forge.ts';
import { forgeOf, giteaPrefix } from './repository-name.ts';

export type Forges = Readonly<Record<ForgeName, Forge | null>>;

/** Those that are configured, as one: a repository's name says whose it is. Null where none is. */
export function forgesTogether(forges: Forges, log: Log): Forge | null {
  const configured = Object.values(forges).filter((forge) => forge !== null);
  if (configured.length === 0) return null;
  const of = (repository: string) => forges[forgeOf(repository)] ?? nobodys(repository);
  return {
    getChange: async (ref, signal) => of(ref.repository).getChange(ref, signal),
    listOpenChanges: async (repository, signal) => of(repository).listOpenChanges(repository, signal),
    listQueue: async (repository, signal) => of(repository).listQueue(repository, signal),
    changedFiles: async (repository, baseSha, headSha, signal) =>
      of(repository).changedFiles(repository, baseSha, headSha, signal),
    readFile: async (repository, sha, path, signal) => of(repository).readFile(repository, sha, path, signal),
    fetchTree: async (repository, sha, folder, signal) => of(repository).fetchTree(repository, sha, folder, signal),
    permissionOf: async (repository, user, signal) => of(repository).permissionOf(repository, user, signal),
    putCheck: async (repository, id, check, signal, mayBegin) =>
      of(repository).putCheck(repository, id, check, signal, mayBegin),
    checksOf: async (repository, sha, signal) => of(repository).checksOf(repository, sha, signal),
    putComment: async (ref, id, marker, body, signal, mayBegin) =>
      of(ref.repository).putComment(ref, id, marker, body, signal, mayBegin),
    isPublic: async (repository, signal) => of(repository).isPublic(repository, signal),
    listRepositories: (signal) => listRepositories(configured, log, signal),
    reply: async (ref, body, signal) => of(ref.repository).reply(ref, body, signal),
    react: async (ref, commentId, reaction, signal) => of(ref.repository).react(ref, commentId, reaction, signal),
    putDeployment: async (repository, id, deployment, signal, mayBegin) =>
      of(repository).putDeployment(repository, id, deployment, signal, mayBegin),
    quotas: () => configured.flatMap((forge) => forge.quotas()),
  };
}

/** A forge that is away keeps the other from nothing: of what it has, what we remember is asked for by name. */
async function listRepositories(forges: readonly Forge[], log: Log, signal: AbortSignal): Promise<string[]> {
  const lists = await Promise.allSettled(forges.map((forge) => forge.listRepositories(signal)));
  signal.throwIfAborted();
  const reasons = lists.flatMap((list) => (list.status === 'rejected' ? [list.reason as unknown] : []));
  if (reasons.length === forges.length) throw reasons[0];
  for (const reason of reasons) log.warn({ error: explain(reason) }, 'listing the repositories of one forge');
  return lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []));
}

function nobodys(repository: string): never {
  const variables = forgeOf(repository) === 'gitea' ? 'GREENROOM_GITEA_*' : 'GREENROOM_GITHUB_*';
  throw new RunError(`asking a forge about "${repository}"`, {
    code: 'NO_FORGE',
    remedy: 'fix-input',
    hint: `Set ${variables}. A repository of Gitea is written ${giteaPrefix}owner/name, one of GitHub owner/name.`,
  });
}
