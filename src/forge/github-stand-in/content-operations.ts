import { randomBytes } from 'node:crypto';
import { GitHubRefusal } from './authenticate.ts';
import { type Call, type Operation, repositoryOf } from './operation.ts';
import { repositoryPage, repositoryUrl } from './represent-repository.ts';
import { fullNameOf, nodeId, type Repository, type World } from './world.ts';

/** Where archives are handed out: address part to what it stands for. Each address works once, as it carries its own right. */
export type ArchiveTickets = Map<string, { repository: Repository; sha: string }>;

/** Files, trees and archives. */
export function contentOperations(tickets: ArchiveTickets): Operation[] {
  return [
    {
      name: 'GET /repos/{owner}/{repo}/contents/{path}',
      for: 'installation or user',
      permissions: ['contents=read'],
      answer: contents,
    },
    {
      name: 'GET /repos/{owner}/{repo}/git/trees/{tree_sha}',
      for: 'installation or user',
      permissions: ['contents=read'],
      async answer(call) {
        const repository = repositoryOf(call);
        const sha = await repository.git.resolve(call.params.tree_sha ?? '');
        if (sha === null) throw new GitHubRefusal(404, 'Not Found');
        const entries = await repository.git.tree(sha, call.query.recursive !== undefined);
        const base = `${repositoryUrl(call.world, repository)}/git`;
        const tree = entries.map(({ path, mode, type, sha: object, size }) => ({
          path,
          mode,
          type,
          sha: object,
          ...(size === null ? {} : { size }),
          url: `${base}/${type}s/${object}`,
        }));
        return { status: 200, body: { sha, url: `${base}/trees/${sha}`, tree, truncated: false } };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/git/ref/{ref}',
      for: 'installation or user',
      permissions: ['contents=read'],
      async answer(call) {
        const repository = repositoryOf(call);
        const ref = `refs/${call.params.ref}`;
        const sha = await repository.git.resolve(ref);
        if (sha === null) throw new GitHubRefusal(404, 'Not Found');
        return { status: 200, body: representRef(call.world, repository, ref, sha) };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/git/matching-refs/{ref}',
      for: 'installation or user',
      permissions: ['contents=read'],
      async answer(call) {
        const repository = repositoryOf(call);
        const refs = await repository.git.refsFrom(`refs/${call.params.ref}`);
        return { status: 200, body: [...refs].map(([ref, sha]) => representRef(call.world, repository, ref, sha)) };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/tarball/{ref}',
      for: 'installation or user',
      permissions: ['contents=read'],
      async answer(call) {
        const repository = repositoryOf(call);
        const sha = await repository.git.resolve(call.params.ref ?? '');
        if (sha === null) throw new GitHubRefusal(404, 'Not Found');
        const ticket = randomBytes(16).toString('hex');
        tickets.set(ticket, { repository, sha });
        return { status: 302, headers: { location: archiveAddress(call.world, repository, sha, ticket) } };
      },
    },
  ];
}

function representRef(world: World, repository: Repository, ref: string, sha: string) {
  const base = `${repositoryUrl(world, repository)}/git`;
  const object = { type: 'commit', sha, url: `${base}/commits/${sha}` };
  return { ref, node_id: nodeId('Ref', repository.id), url: `${base}/${ref}`, object };
}

function archiveAddress(world: World, repository: Repository, sha: string, ticket: string): string {
  return `${world.origin}/codeload/${fullNameOf(repository)}/legacy.tar.gz/${sha}?token=${ticket}`;
}

async function contents(call: Call) {
  const repository = repositoryOf(call);
  const path = call.params.path ?? '';
  const ref = call.query.ref ?? repository.defaultBranch;
  const sha = await repository.git.resolve(ref);
  if (sha === null) throw new GitHubRefusal(404, `No commit found for the ref ${ref}`);
  const file = await repository.git.file(sha, path);
  if (file === null) {
    const isFolder = (await repository.git.tree(sha, true)).some(
      (entry) => entry.type === 'tree' && entry.path === path,
    );
    if (!isFolder) throw new GitHubRefusal(404, 'Not Found');
    return { status: 200, body: await folder(call, repository, sha, path) };
  }
  if (/^application\/vnd\.github\.(?:v3\.)?raw/.test(call.accept)) {
    const contentType = 'application/vnd.github.raw+json; charset=utf-8';
    return { status: 200, raw: { contentType, content: file } };
  }
  const entry = (await repository.git.tree(sha, true)).find((one) => one.path === path);
  return {
    status: 200,
    body: {
      ...entryAddresses(call, repository, sha, path, entry?.sha ?? '', 'file'),
      size: file.length,
      content: file.toString('base64'),
      encoding: 'base64',
    },
  };
}

async function folder(call: Call, repository: Repository, sha: string, path: string) {
  const entries = (await repository.git.tree(sha, true)).filter((entry) => entry.path.startsWith(`${path}/`));
  return entries
    .filter((entry) => !entry.path.slice(path.length + 1).includes('/'))
    .map((entry) => ({
      ...entryAddresses(call, repository, sha, entry.path, entry.sha, entry.type === 'tree' ? 'dir' : 'file'),
      size: entry.size ?? 0,
    }));
}

function entryAddresses(
  { world }: Call,
  repository: Repository,
  commit: string,
  path: string,
  object: string,
  type: 'file' | 'dir',
) {
  const url = `${repositoryUrl(world, repository)}/contents/${encodeURI(path)}?ref=${commit}`;
  const gitUrl = `${repositoryUrl(world, repository)}/git/${type === 'dir' ? 'trees' : 'blobs'}/${object}`;
  const htmlUrl = `${repositoryPage(world, repository)}/blob/${commit}/${encodeURI(path)}`;
  return {
    name: path.split('/').at(-1) ?? path,
    path,
    sha: object,
    type,
    url,
    git_url: gitUrl,
    html_url: htmlUrl,
    download_url: type === 'file' ? htmlUrl.replace('/blob/', '/raw/') : null,
    _links: { self: url, git: gitUrl, html: htmlUrl },
  };
}
