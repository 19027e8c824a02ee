import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitError, git, gitBytes } from './git.ts';

export interface FileDifference {
  status: 'added' | 'removed' | 'modified' | 'renamed';
  path: string;
  previousPath: string | null;
  blob: string;
  additions: number;
  deletions: number;
}

export interface Commit {
  sha: string;
  tree: string;
  parents: string[];
  author: string;
  email: string;
  date: string;
  message: string;
}

export interface TreeEntry {
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  sha: string;
  size: number | null;
  path: string;
}

/** What a new commit changes. Paths are relative to the repository's root. */
export interface CommitChanges {
  /** The new content, or null to delete the file. */
  files?: Record<string, string | null>;
  /** A unified diff as `git diff` writes it. */
  patch?: string;
}

/** A bare repository on disk, driven by git itself. */
export class GitRepository {
  readonly folder: string;
  /** What git has said of commits by their SHAs: it will always say so. A process for each question is dear, and there are many. */
  readonly #said = new Map<string, Promise<string>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  static async init(folder: string, defaultBranch: string): Promise<GitRepository> {
    await mkdir(folder, { recursive: true });
    await git(folder, ['init', '--quiet', '--bare', `--initial-branch=${defaultBranch}`]);
    await git(folder, ['config', 'http.receivepack', 'true']);
    return new GitRepository(folder);
  }

  /** The commit that a name or SHA stands for, or null. */
  async resolve(name: string): Promise<string | null> {
    try {
      const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
      return await this.#ofCommits([name], args);
    } catch (error) {
      if (error instanceof GitError) return null;
      throw error;
    }
  }

  async branches(): Promise<Map<string, string>> {
    const lines = await git(this.folder, ['for-each-ref', '--format=%(refname:short) %(objectname)', 'refs/heads']);
    return new Map(lines === '' ? [] : lines.split('\n').map((line) => line.split(' ') as [string, string]));
  }

  /** Every ref that begins so, whole parts or not, with its commit. */
  async refsFrom(beginning: string): Promise<Map<string, string>> {
    const lines = await git(this.folder, ['for-each-ref', '--format=%(refname) %(objectname)']);
    const refs = lines.split('\n').map((line) => line.split(' ') as [string, string]);
    return new Map(refs.filter(([ref]) => ref.startsWith(beginning)));
  }

  deleteRef(ref: string): Promise<string> {
    return git(this.folder, ['update-ref', '-d', ref]);
  }

  setRef(ref: string, sha: string): Promise<string> {
    return git(this.folder, ['update-ref', ref, sha]);
  }

  /** Brings a branch of another repository here as `ref`. */
  fetch(from: GitRepository, branch: string, ref: string): Promise<string> {
    return git(this.folder, ['fetch', '--quiet', '--no-tags', from.folder, `+refs/heads/${branch}:${ref}`]);
  }

  async mergeBase(one: string, other: string): Promise<string> {
    return (await this.#ofCommits([one, other], ['merge-base', one, other])).trim();
  }

  async count(range: string): Promise<number> {
    return Number(await this.#ofCommits(range.split('..'), ['rev-list', '--count', range]));
  }

  async log(range: string, max: number): Promise<Commit[]> {
    const format = '%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%B%x01';
    const args = ['log', `--max-count=${max}`, `--format=${format}`, range, '--'];
    const out = await this.#ofCommits(range.split('..'), args);
    return out
      .split('\x01')
      .map((record) => record.replace(/^\n/, '').split('\0'))
      .filter((fields) => fields.length === 7)
      .map(([sha = '', tree = '', parents = '', author = '', email = '', date = '', message = '']) => {
        return {
          sha,
          tree,
          parents: parents.split(' ').filter(Boolean),
          author,
          email,
          date,
          message: message.trimEnd(),
        };
      });
  }

  /** @returns null where there is no such file (folders included) */
  async file(sha: string, path: string): Promise<Buffer | null> {
    try {
      return await gitBytes(this.folder, ['cat-file', 'blob', `${sha}:${path}`]);
    } catch (error) {
      if (error instanceof GitError) return null;
      throw error;
    }
  }

  /** Everything under a commit or tree, folders included; or its first level. */
  async tree(sha: string, recursive: boolean): Promise<TreeEntry[]> {
    const out = await git(this.folder, ['ls-tree', '-z', '-l', ...(recursive ? ['-r', '-t'] : []), sha]);
    return out
      .split('\0')
      .filter(Boolean)
      .map((record) => {
        const [facts = '', path = ''] = record.split('\t');
        const [mode = '', type = 'blob', object = '', size = '-'] = facts.split(/ +/);
        return { mode, type: type as TreeEntry['type'], sha: object, size: size === '-' ? null : Number(size), path };
      });
  }

  async differences(base: string, head: string): Promise<FileDifference[]> {
    const [raw, numbers] = await Promise.all([
      this.#ofCommits([base, head], ['diff', '--raw', '-z', '-M', '--abbrev=40', base, head]),
      this.#ofCommits([base, head], ['diff', '--numstat', '-z', '-M', base, head]),
    ]);
    return parseDifferences(raw, numbers);
  }

  /**
   * A commit on top of `parent` (or the first one), made without a work tree.
   * @returns the commit's SHA; no branch is moved
   */
  async commit(parent: string | null, message: string, author: string, changes: CommitChanges): Promise<string> {
    return this.#withIndex(async (env) => {
      if (parent !== null) await git(this.folder, ['read-tree', parent], { env });
      if (changes.patch)
        await git(this.folder, ['apply', '--cached', '--whitespace=nowarn'], { env, input: changes.patch });
      const lines: string[] = [];
      for (const [path, content] of Object.entries(changes.files ?? {})) {
        const blob =
          content === null ? noBlob : await git(this.folder, ['hash-object', '-w', '--stdin'], { input: content });
        lines.push(`${content === null ? '0' : '100644'} ${blob}\t${path}\n`);
      }
      await git(this.folder, ['update-index', '--index-info'], { env, input: lines.join('') });
      return this.#commitIndex(env, parent, message, author);
    });
  }

  /**
   * A merge of `head` into `base`; no branch is moved.
   * @throws GitError when they conflict
   */
  async mergeCommit(base: string, head: string, message: string, author: string): Promise<string> {
    const tree = await git(this.folder, ['merge-tree', '--write-tree', base, head]);
    return git(this.folder, ['commit-tree', tree, '-p', base, '-p', head, '-m', message], { env: identityOf(author) });
  }

  /** A first commit with everything in `workTree` that its `.gitignore` does not leave out. */
  async commitFolder(workTree: string, message: string, author: string): Promise<string> {
    return this.#withIndex(async (env) => {
      await git(this.folder, [`--work-tree=${workTree}`, 'add', '--all', '--', '.'], { env });
      return this.#commitIndex(env, null, message, author);
    });
  }

  /** Asks once where `revisions` are SHAs; a name may stand for another commit next time, and what failed is asked again. */
  #ofCommits(revisions: string[], args: string[]): Promise<string> {
    if (!revisions.every((revision) => /^[0-9a-f]{40}$/.test(revision))) return git(this.folder, args);
    const question = args.join('\0');
    const said = this.#said.get(question) ?? git(this.folder, args);
    this.#said.set(question, said);
    said.catch(() => this.#said.delete(question));
    return said;
  }

  async #commitIndex(
    env: Record<string, string>,
    parent: string | null,
    message: string,
    author: string,
  ): Promise<string> {
    const tree = await git(this.folder, ['write-tree'], { env });
    const parents = parent === null ? [] : ['-p', parent];
    return git(this.folder, ['commit-tree', tree, ...parents, '-m', message], {
      env: { ...env, ...identityOf(author) },
    });
  }

  async #withIndex<T>(work: (env: Record<string, string>) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'greenroom-index-'));
    try {
      return await work({ GIT_DIR: this.folder, GIT_INDEX_FILE: join(folder, 'index') });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function identityOf(author: string): Record<string, string> {
  return { GIT_AUTHOR_NAME: author, GIT_AUTHOR_EMAIL: `${author}@users.noreply.example.com` };
}

/** In an index line: the path goes. */
const noBlob = '0'.repeat(40);

const statuses: Record<string, FileDifference['status']> = { A: 'added', D: 'removed', R: 'renamed' };

/** Git's two machine-readable lists of one comparison, joined by path. */
export function parseDifferences(raw: string, numbers: string): FileDifference[] {
  const lines = new Map<string, { additions: number; deletions: number }>();
  const counted = numbers.split('\0').filter((part) => part !== '');
  for (let at = 0; at < counted.length; at += 1) {
    const [additions = '0', deletions = '0', path = ''] = (counted[at] ?? '').split('\t');
    // A rename has an empty path here, and its two names after it.
    const name = path === '' ? (counted[at + 2] ?? '') : path;
    if (path === '') at += 2;
    lines.set(name, { additions: Number(additions) || 0, deletions: Number(deletions) || 0 });
  }
  const found: FileDifference[] = [];
  const parts = raw.split('\0');
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, , before = '', after = '', letter = ''] = (parts[at] ?? '').split(' ');
    const status = statuses[letter.charAt(0)] ?? 'modified';
    const previousPath = status === 'renamed' ? (parts[at + 1] ?? '') : null;
    if (status === 'renamed') at += 1;
    const path = parts[at + 1] ?? '';
    const blob = status === 'removed' ? before : after;
    found.push({ status, path, previousPath, blob, ...(lines.get(path) ?? { additions: 0, deletions: 0 }) });
  }
  return found;
}
