import { z } from 'zod';
import { RunError } from '../../errors.ts';
import { type GiteaClient, pathOf } from './gitea-client.ts';

const Commit = z.object({ sha: z.string(), parents: z.array(z.object({ sha: z.string() })).nullish() });
const maxCommits = 2000;
const pageSize = 50;

/**
 * Where the head's own commits begin: what they stand on, without what that stands on in turn. One commit nearly always; several after
 * merges criss-cross; none for histories without a common root. Gitea's comparison does not say it.
 */
export async function mergeBases(
  client: GiteaClient,
  repository: string,
  { baseSha, headSha }: { baseSha: string; headSha: string },
  signal: AbortSignal,
): Promise<string[]> {
  const own = await commitsOutside(client, repository, headSha, baseSha, maxCommits, signal);
  if (own.length === 0) return [headSha];
  const known = new Set(own.map(({ sha }) => sha));
  const below = own.flatMap(({ parents }) => parents ?? []).map(({ sha }) => sha);
  const candidates = [...new Set(below)].filter((sha) => !known.has(sha));
  const bases: string[] = [];
  for (const one of candidates) {
    let isBelowAnother = false;
    for (const other of candidates) {
      if (one === other || isBelowAnother) continue;
      isBelowAnother = (await commitsOutside(client, repository, one, other, 1, signal)).length === 0;
    }
    if (!isBelowAnother) bases.push(one);
  }
  return bases;
}

/** Commits that `from` has and `without` has not; at most one page where `most` is 1. */
async function commitsOutside(
  client: GiteaClient,
  repository: string,
  from: string,
  without: string,
  most: number,
  signal: AbortSignal,
): Promise<z.infer<typeof Commit>[]> {
  const doing = `listing the commits of ${from} since ${without} in "${repository}"`;
  const query = { sha: from, not: without, stat: false, verification: false, files: false };
  const path = `${pathOf(repository)}/commits`;
  const found = new Map<string, z.infer<typeof Commit>>();
  for (let page = 1; found.size <= most; page += 1) {
    const request = { doing, path, query: { ...query, page, limit: Math.min(most, pageSize) } };
    const commits = await client.ask(z.array(Commit), request, signal);
    const before = found.size;
    for (const commit of commits) found.set(commit.sha, commit);
    if (found.size === before || most === 1) return [...found.values()];
  }
  throw new RunError(doing, {
    code: 'FORGE_REFUSED',
    remedy: 'fix-input',
    hint: `The change has more than ${maxCommits} commits of its own; rebase it on its base branch.`,
  });
}
