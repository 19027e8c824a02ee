import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { type ArchiveLimits, type Unpacked, unpackArchive } from '../archive.ts';
import { boundedText } from '../bounded-text.ts';
import { forgeError, statusOf, unreachable } from './forge-error.ts';
import { type GitHubClient, splitRepository } from './github-client.ts';

/**
 * One file at one commit as text; null where there is none, or a folder.
 * @throws RunError `FORGE_REFUSED` for a file over 1 MiB
 */
export async function readFile(
  client: GitHubClient,
  repository: string,
  sha: string,
  path: string,
  signal: AbortSignal,
): Promise<string | null> {
  const doing = `reading "${path}" at ${sha} in "${repository}"`;
  return client.read(repository, doing, signal, async (octokit, request) => {
    try {
      const { data, headers } = await octokit.request('GET /repos/{owner}/{repo}/contents/{path}', {
        ...splitRepository(repository),
        path,
        ref: sha,
        headers: { accept: 'application/vnd.github.raw+json' },
        request: { ...request, parseSuccessResponseBody: false },
      });
      const stream = data as unknown as WebStream<Uint8Array>;
      // A folder is answered with its listing, as plain JSON, whatever was asked for.
      if (/^application\/json/.test(headers['content-type'] ?? '')) {
        await stream.cancel();
        return null;
      }
      return await boundedText(stream, doing);
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  });
}

export interface TreeOptions {
  apiUrl: string;
  limits: ArchiveLimits;
  /** For the archive's whole way here. */
  timeoutMs: number;
}

/**
 * The tree at a commit, unpacked into `folder` as data. GitHub answers with the archive's address on another host, which
 * is fetched without our token.
 */
export async function fetchTree(
  client: GitHubClient,
  repository: string,
  sha: string,
  folder: string,
  options: TreeOptions,
  signal: AbortSignal,
): Promise<Unpacked> {
  const doing = `fetching the tree at ${sha} of "${repository}"`;
  const answer = await client.read(repository, doing, signal, (octokit, request) =>
    octokit.request('GET /repos/{owner}/{repo}/tarball/{ref}', {
      ...splitRepository(repository),
      ref: sha,
      request: { ...request, redirect: 'manual' },
    }),
  );
  const address = archiveAddress(answer.headers.location, options.apiUrl, doing);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
  try {
    const response = await fetch(address, { signal: deadline, headers: { 'user-agent': 'greenroom' } });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw unreachable(doing, `the archive's host answered ${response.status}`);
    }
    const archive = Readable.fromWeb(response.body as WebStream<Uint8Array>);
    return await unpackArchive(archive, folder, options.limits, deadline);
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) throw unreachable(doing, `the archive did not arrive within ${options.timeoutMs} ms`);
    throw error instanceof TypeError ? forgeError(error, doing) : error;
  }
}

/** Only where GitHub itself may send us: over TLS, or to the host that we asked. */
function archiveAddress(location: string | undefined, apiUrl: string, doing: string): URL {
  const address = location === undefined ? null : URL.parse(location, apiUrl);
  if (address === null || (address.protocol !== 'https:' && address.host !== new URL(apiUrl).host)) {
    throw unreachable(doing, 'GitHub named no address of the archive that can be trusted');
  }
  return address;
}
