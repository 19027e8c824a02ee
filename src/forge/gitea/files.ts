import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { z } from 'zod';
import { explain, RunError } from '../../errors.ts';
import { type ArchiveLimits, type Unpacked, unpackArchive } from '../archive.ts';
import { boundedText } from '../bounded-text.ts';
import { type GiteaClient, isPlainPart, pathOf } from './gitea-client.ts';
import { unreachable } from './gitea-error.ts';

/**
 * One file at one commit as text; null where there is none, or a folder.
 * @throws RunError `FORGE_REFUSED` for a file over 1 MiB
 */
export async function readFile(
  client: GiteaClient,
  repository: string,
  sha: string,
  path: string,
  signal: AbortSignal,
): Promise<string | null> {
  const doing = `reading "${path}" at ${sha} in "${repository}"`;
  const parts = path.split('/');
  // Git knows no such names.
  if (!parts.every(isPlainPart)) return null;
  const escaped = parts.map(encodeURIComponent).join('/');
  const request = {
    doing,
    path: `${pathOf(repository)}/raw/${escaped}`,
    query: { ref: commit(sha, doing) },
    accept: [404],
  };
  return client.send(request, signal, async ({ status, body }) => {
    if (status !== 404 && body !== null) return boundedText(body as WebStream<Uint8Array>, doing);
    await body?.cancel();
    return status === 404 ? null : '';
  });
}

const Commit = z.object({ sha: z.string() });
const withoutDetails = { stat: false, verification: false, files: false };

export interface TreeOptions {
  url: string;
  limits: ArchiveLimits;
  /** For the archive's whole way here. */
  timeoutMs: number;
}

/**
 * The tree at a commit, unpacked into `folder` as data. A Gitea that keeps its archives in a bucket answers with an address there,
 * which is fetched without our token.
 */
export async function fetchTree(
  client: GiteaClient,
  repository: string,
  sha: string,
  folder: string,
  { url, limits, timeoutMs }: TreeOptions,
  signal: AbortSignal,
): Promise<Unpacked> {
  const doing = `fetching the tree at ${sha} of "${repository}"`;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const repositoryPath = pathOf(repository);
  const path = `${repositoryPath}/archive/${commit(sha, doing)}.tar.gz`;
  const elsewhere = [301, 302, 303, 307, 308];
  try {
    // Of a commit that it does not have, it makes an archive as badly as with a full disk: 500.
    await client.ask(Commit, { doing, path: `${repositoryPath}/git/commits/${sha}`, query: withoutDetails }, deadline);
    return await client.send({ doing, path, accept: elsewhere, timeoutMs, once: true }, deadline, async (answer) => {
      if (!elsewhere.includes(answer.status)) return unpack(answer, folder, limits, deadline, doing);
      await answer.body?.cancel();
      const address = archiveAddress(answer.headers.get('location'), url, doing);
      const archive = await fetch(address, { signal: deadline, headers: { 'user-agent': 'greenroom' } });
      return unpack(archive, folder, limits, deadline, doing);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) throw unreachable(doing, `the archive did not arrive within ${timeoutMs} ms`);
    throw error instanceof TypeError ? unreachable(doing, explain(error)) : error;
  }
}

async function unpack(
  answer: Response,
  folder: string,
  limits: ArchiveLimits,
  signal: AbortSignal,
  doing: string,
): Promise<Unpacked> {
  if (answer.ok && answer.body !== null) {
    return unpackArchive(Readable.fromWeb(answer.body as WebStream<Uint8Array>), folder, limits, signal);
  }
  await answer.body?.cancel();
  throw unreachable(doing, `the archive's host answered ${answer.status}`);
}

/** Only where Gitea itself may send us: over TLS, or to the host that we asked. */
function archiveAddress(location: string | null, url: string, doing: string): URL {
  const address = location === null ? null : URL.parse(location, url);
  if (address === null || (address.protocol !== 'https:' && address.host !== new URL(url).host)) {
    throw unreachable(doing, 'Gitea named no address of the archive that can be trusted');
  }
  return address;
}

/** With an empty one Gitea would take the default branch. */
function commit(sha: string, doing: string): string {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)) return sha;
  throw new RunError(doing, {
    code: 'FORGE_REFUSED',
    remedy: 'fix-input',
    hint: 'The branch that this commit should be of is gone.',
  });
}
