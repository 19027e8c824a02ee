import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ForgeName } from '../../src/event/event.ts';
import type { Forge } from '../../src/forge/forge.ts';
import { git } from '../../src/forge/github-stand-in/git.ts';
import type { Door } from '../../src/webhook/receive-delivery.ts';

/**
 * A forge with people in it: olivia may write, rita may read, ada may everything, a stranger nothing. What they do there, and
 * what they see; `forge` is how Greenroom goes there.
 */
export interface ForgeWorld {
  forgeName: ForgeName;
  forge: Forge;
  /** Under this name we comment and react. */
  ourLogin: string;
  door: Door;
  createRepository(name: string, files: Record<string, string>): Promise<WorldRepository>;
  deliverTo(address: string): Promise<void>;
  /** @throws where the forge was asked what it does not know */
  assertClean(): void;
  stop(): Promise<void>;
}

export type Person = 'olivia' | 'rita' | 'ada' | 'stranger';

export interface WorldRepository {
  /** As the port knows it. */
  name: string;
  /** For git over HTTP, as somebody. */
  cloneUrl(person: Person): string;
  fork(person: Person): Promise<WorldRepository>;
  /** @param head a branch, or `stranger:branch` of a fork */
  open(proposal: { title: string; by: Person; head: string; draft?: boolean }): Promise<number>;
  comment(number: number, by: Person, body: string): Promise<string>;
  deleteComment(id: string): Promise<void>;
  close(number: number, by: Person): Promise<void>;
  reopen(number: number, by: Person): Promise<void>;
  merge(number: number, by: Person): Promise<void>;
  changeBase(number: number, base: string, by: Person): Promise<void>;
  markReady(number: number, by: Person): Promise<void>;
  reactAs(person: Person, commentId: string, reaction: string): Promise<void>;
  commentsOf(number: number): Promise<{ id: string; author: string; body: string }[]>;
  reactionsOf(commentId: string): Promise<{ by: string; reaction: string }[]>;
  /** The word that people see under each name. */
  wordsOn(sha: string): Promise<Record<string, string>>;
}

export type Files = Record<string, string | null>;

/** A clone of one person, with which they push. */
export class Clone {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async of(repository: WorldRepository, person: Person): Promise<Clone> {
    const folder = await mkdtemp(join(tmpdir(), 'greenroom-clone-'));
    await git(folder, ['clone', '--quiet', repository.cloneUrl(person), '.']);
    return new Clone(folder);
  }

  head(): Promise<string> {
    return git(this.folder, ['rev-parse', 'HEAD']);
  }

  /** A new branch from where another stands at the forge. */
  async branch(name: string, from = 'main'): Promise<void> {
    await git(this.folder, ['fetch', '--quiet', 'origin']);
    await git(this.folder, ['checkout', '--quiet', '-B', name, `origin/${from}`]);
  }

  /** @returns the commit */
  async commit(files: Files, message = 'Go on'): Promise<string> {
    for (const [path, text] of Object.entries(files)) {
      const place = join(this.folder, path);
      if (text === null) await rm(place);
      else {
        await mkdir(dirname(place), { recursive: true });
        await writeFile(place, text);
      }
    }
    await git(this.folder, ['add', '--all']);
    await git(this.folder, ['commit', '--quiet', '--message', message]);
    return this.head();
  }

  async push(...args: string[]): Promise<void> {
    await git(this.folder, ['push', '--quiet', ...(args.length === 0 ? ['origin', 'HEAD'] : args)]);
  }

  /** Merges what a branch is at the forge. */
  async mergeFrom(branch: string): Promise<void> {
    await git(this.folder, ['fetch', '--quiet', 'origin']);
    await git(this.folder, ['merge', '--quiet', '--no-edit', `origin/${branch}`]);
  }

  /** Branch, commit and push in one. @returns the commit */
  async pushNew(branch: string, files: Files): Promise<string> {
    await this.branch(branch);
    const sha = await this.commit(files);
    await this.push();
    return sha;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
