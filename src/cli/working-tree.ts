import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { RunError } from '../errors.ts';
import type { Source } from '../runner/source.ts';

const execute = promisify(execFile);
const maxFiles = 50_000;

/** A working tree as a change: what `greenroom run PATH` validates, with no forge. */
export interface WorkingTree {
  /** Folder name, as `local/<name>`. */
  repository: string;
  /** HEAD's commit when the tree is clean, else a hash of its files: 40 hexadecimal digits either way. */
  headSha: string;
  baseSha: string | null;
  source: Source;
}

/**
 * Ignored files and links are left out, as git would; a folder without git is taken whole but for `node_modules` and `.git`.
 * @throws RunError NO_SUCH_FOLDER, UNKNOWN_BASE (fix-input)
 */
export async function openWorkingTree(path: string, base: string | null, signal: AbortSignal): Promise<WorkingTree> {
  const root = resolve(path);
  const isFolder = (await lstat(root).catch(() => null))?.isDirectory() ?? false;
  if (!isFolder) {
    throw new RunError(`opening the folder "${path}"`, {
      code: 'NO_SUCH_FOLDER',
      remedy: 'fix-input',
      hint: 'Name a folder with a greenroom.yaml in it, or a change as OWNER/REPO#N.',
    });
  }
  const git = (...words: string[]) => runGit(root, words, signal);
  const insideGit = (await git('rev-parse', '--is-inside-work-tree')) !== null;
  const files = insideGit ? await gitFiles(git) : await walk(root, '');
  const dirty = !insideGit || (await git('status', '--porcelain', '--', '.')) !== '';
  const head = insideGit ? await git('rev-parse', 'HEAD') : null;
  const baseSha = base === null ? null : await resolveBase(base, git);
  return {
    repository: `local/${basename(root)}`,
    headSha: !dirty && head ? head : await hashOf(root, files),
    baseSha,
    source: treeSource(root, files, baseSha, git),
  };
}

type Git = (...words: string[]) => Promise<string | null>;

function treeSource(root: string, files: string[], baseSha: string | null, git: Git): Source {
  return {
    // A working tree cannot close or move: whoever asked for the run decides when it ends.
    standing: async () => ({ open: true, headSha: '' }),
    async readFile(side, path) {
      if (side === 'base' && baseSha !== null) return git('show', `${baseSha}:./${path}`);
      return files.includes(path) ? readFile(join(root, path), 'utf8') : null;
    },
    async changedFiles() {
      if (baseSha === null) return [];
      return ((await git('diff', '--name-only', '--relative', baseSha, '--', '.')) ?? '').split('\n').filter(Boolean);
    },
    async fetchTree(folder, signal) {
      for (const file of files) {
        signal.throwIfAborted();
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await copyFile(join(root, file), join(folder, file));
      }
    },
  };
}

async function runGit(root: string, words: string[], signal: AbortSignal): Promise<string | null> {
  try {
    const { stdout } = await execute('git', ['-C', root, ...words], { signal, maxBuffer: 64 * 1024 * 1024 });
    return words[0] === 'show' ? stdout : stdout.trimEnd();
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

async function resolveBase(base: string, git: Git): Promise<string> {
  const sha = await git('rev-parse', '--verify', '--quiet', `${base}^{commit}`);
  if (sha) return sha;
  throw new RunError(`looking up the base "${base}"`, {
    code: 'UNKNOWN_BASE',
    remedy: 'fix-input',
    hint: 'Give --base a branch, tag or commit of this repository, such as --base main.',
  });
}

async function gitFiles(git: Git): Promise<string[]> {
  const listed = (await git('ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '.')) ?? '';
  const root = (await git('rev-parse', '--show-toplevel')) ?? '';
  const prefix = (await git('rev-parse', '--show-prefix')) ?? '';
  const files: string[] = [];
  for (const file of listed.split('\0').filter(Boolean)) {
    const stat = await lstat(join(root, prefix, file)).catch(() => null);
    if (stat?.isFile()) files.push(file);
  }
  return files.sort();
}

async function walk(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git')
      found.push(...(await walk(root, path)));
    if (entry.isFile()) found.push(path);
    if (found.length > maxFiles) {
      throw new RunError(`listing "${root}"`, {
        code: 'TOO_MANY_FILES',
        remedy: 'fix-input',
        hint: `More than ${maxFiles} files: make it a git repository with a .gitignore.`,
      });
    }
  }
  return found.sort();
}

async function hashOf(root: string, files: string[]): Promise<string> {
  const hash = createHash('sha1');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(await readFile(join(root, file)));
  return hash.digest('hex');
}
