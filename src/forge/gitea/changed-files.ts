import { z } from 'zod';
import { RunError } from '../../errors.ts';
import { type GiteaClient, pathOf } from './gitea-client.ts';
import { mergeBases } from './merge-bases.ts';

const Entry = z.object({ path: z.string(), mode: z.string(), type: z.string(), sha: z.string() });
const Tree = z.object({ truncated: z.boolean().nullish(), tree: z.array(Entry).nullish() });
type Entry = z.infer<typeof Entry>;

const maxFolders = 1000;
const atOnce = 8;
const entriesAtOnce = 1000;

interface Folder {
  path: string;
  /** Null where that side has none. */
  before: string | null;
  after: string | null;
}

/**
 * Paths that differ between the merge base of two commits and the second one; both names of what was renamed. Gitea's comparison has no
 * files: the trees are compared, and only folders that differ are looked into.
 * @throws RunError `FORGE_REFUSED` when that are too many: a part of them would let a change pass by unseen
 */
export async function changedFiles(
  client: GiteaClient,
  repository: string,
  baseSha: string,
  headSha: string,
  signal: AbortSignal,
): Promise<string[]> {
  const bases = await mergeBases(client, repository, { baseSha, headSha }, signal);
  const found = new Set<string>();
  for (const before of bases.length === 0 ? [null] : bases) {
    if (before === headSha) continue;
    for (const path of await differences(client, repository, { path: '', before, after: headSha }, signal))
      found.add(path);
  }
  return [...found].sort();
}

async function differences(
  client: GiteaClient,
  repository: string,
  root: Folder,
  signal: AbortSignal,
): Promise<string[]> {
  const files: string[] = [];
  let folders = [root];
  let seen = 0;
  while (folders.length > 0) {
    seen += folders.length;
    if (seen > maxFolders) throw tooMany(repository);
    const next: Folder[] = [];
    for (let index = 0; index < folders.length; index += atOnce) {
      const looks = folders.slice(index, index + atOnce).map((folder) => lookInto(client, repository, folder, signal));
      for (const look of await Promise.all(looks)) {
        files.push(...look.files);
        next.push(...look.folders);
      }
    }
    folders = next;
  }
  return files;
}

async function lookInto(client: GiteaClient, repository: string, folder: Folder, signal: AbortSignal) {
  const [before, after] = await Promise.all([
    entriesOf(client, repository, folder.before, signal),
    entriesOf(client, repository, folder.after, signal),
  ]);
  return compareFolders(folder.path, before, after);
}

/** PURE. What differs in one folder: files by their paths, folders to look into. */
export function compareFolders(path: string, before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>) {
  const files: string[] = [];
  const folders: Folder[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, young] = [before.get(name), after.get(name)];
    if (old?.sha === young?.sha && old?.mode === young?.mode) continue;
    const [oldTree, youngTree] = [treeOf(old), treeOf(young)];
    const whole = `${path}${name}`;
    if (oldTree !== null || youngTree !== null) folders.push({ path: `${whole}/`, before: oldTree, after: youngTree });
    if ((old && oldTree === null) || (young && youngTree === null)) files.push(whole);
  }
  return { files, folders };
}

function treeOf(entry: Entry | undefined): string | null {
  return entry?.type === 'tree' ? entry.sha : null;
}

async function entriesOf(
  client: GiteaClient,
  repository: string,
  sha: string | null,
  signal: AbortSignal,
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  if (sha === null) return entries;
  for (let page = 1; ; page += 1) {
    const doing = `listing the files of ${sha} in "${repository}"`;
    const path = `${pathOf(repository)}/git/trees/${encodeURIComponent(sha)}`;
    const { tree, truncated } = await client.ask(
      Tree,
      { doing, path, query: { page, per_page: entriesAtOnce } },
      signal,
    );
    for (const entry of tree ?? []) entries.set(entry.path, entry);
    if (!truncated) return entries;
  }
}

function tooMany(repository: string): RunError {
  return new RunError(`comparing two commits in "${repository}"`, {
    code: 'FORGE_REFUSED',
    remedy: 'fix-input',
    hint: `The change touches more than ${maxFolders} folders; make it smaller.`,
  });
}
