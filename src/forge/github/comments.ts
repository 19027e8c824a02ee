import type { RequestError } from 'octokit';
import type { ChangeRef } from '../../event/event.ts';
import { capabilities } from '../capabilities.ts';
import { cutText } from '../cut-text.ts';
import type { MayBegin, Permission, Reaction } from '../forge.ts';
import { withMarker } from '../with-marker.ts';
import { statusOf, unreachable } from './forge-error.ts';
import { type GitHubClient, splitRepository, type Writing } from './github-client.ts';
import { allPages } from './pages.ts';

const maxBodyBytes = capabilities.github.commentBytes;
const maxPages = 50;

interface Sending extends Writing {
  signal: AbortSignal;
}

/**
 * Creates or edits the one comment and returns its id. A comment that somebody deleted is looked for by its marker and
 * made again. Only comments of this App count: anybody can write the marker.
 */
export async function putComment(
  client: GitHubClient,
  ref: ChangeRef,
  id: string | null,
  marker: string,
  body: string,
  signal: AbortSignal,
  mayBegin?: MayBegin,
): Promise<string> {
  const text = withMarker(body, marker, maxBodyBytes);
  const edit = (at: number) => editComment(client, ref, at, text, { signal, mayBegin });
  if (id !== null && (await edit(Number(id)))) return id;
  const found = await findComment(client, ref, marker, signal);
  if (found === null) return String(await createComment(client, ref, text, { signal, mayBegin }));
  // A "not found" for what is listed passes, and a second comment would stay.
  if (!(await edit(found))) throw unreachable(editing(ref, found), 'GitHub lists the comment and does not find it');
  return String(found);
}

/** A plain answer to a command. */
export async function reply(client: GitHubClient, ref: ChangeRef, body: string, signal: AbortSignal): Promise<void> {
  await createComment(client, ref, cutText(body, maxBodyBytes), { signal, urgency: 'answer' });
}

function editing({ repository, number }: ChangeRef, id: number): string {
  return `editing the comment ${id} on ${repository}#${number}`;
}

/** @returns false where the comment is gone */
async function editComment(
  client: GitHubClient,
  ref: ChangeRef,
  id: number,
  body: string,
  { signal, ...writing }: Sending,
): Promise<boolean> {
  const doing = editing(ref, id);
  const send: Parameters<typeof client.write<boolean>>[3] = async (octokit, request) => {
    try {
      await octokit.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
        ...splitRepository(ref.repository),
        comment_id: id,
        body,
        request,
      });
      return true;
    } catch (error) {
      if (statusOf(error) === 404 || statusOf(error) === 410) return false;
      throw error;
    }
  };
  return client.write(ref.repository, doing, signal, send, writing);
}

async function createComment(
  client: GitHubClient,
  ref: ChangeRef,
  body: string,
  { signal, ...writing }: Sending,
): Promise<number> {
  const doing = `commenting on ${ref.repository}#${ref.number}`;
  const { data } = await client.create(
    ref.repository,
    doing,
    signal,
    (octokit, request) =>
      octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
        ...splitRepository(ref.repository),
        issue_number: ref.number,
        body,
        request,
      }),
    writing,
  );
  return Number(data.id);
}

/** The oldest of ours with the marker. */
async function findComment(
  client: GitHubClient,
  ref: ChangeRef,
  marker: string,
  signal: AbortSignal,
): Promise<number | null> {
  const ourLogin = await client.login(signal);
  const comments = await allPages(maxPages, async (page) => {
    const doing = `looking for our comment on ${ref.repository}#${ref.number}`;
    const { data } = await client.read(ref.repository, doing, signal, (octokit, request) =>
      octokit.request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
        ...splitRepository(ref.repository),
        issue_number: ref.number,
        ...page,
        request,
      }),
    );
    return data;
  });
  const ours = comments.find((comment) => comment.user?.login === ourLogin && comment.body?.includes(marker));
  return ours ? Number(ours.id) : null;
}

/** Adds the reaction; takes our own `eyes` away when another word follows it. */
export async function react(
  client: GitHubClient,
  ref: ChangeRef,
  commentId: string,
  reaction: Reaction,
  signal: AbortSignal,
): Promise<void> {
  const target = { ...splitRepository(ref.repository), comment_id: Number(commentId) };
  await client.write(
    ref.repository,
    `answering the comment ${commentId} with "${reaction}"`,
    signal,
    (octokit, request) =>
      // 201, or 200 where it is there already: so this may be sent twice.
      octokit.request('POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions', {
        ...target,
        content: reaction,
        request,
      }),
    // What was only seen is acted on all the same.
    { urgency: reaction === 'eyes' ? 'progress' : 'answer' },
  );
  if (reaction === 'eyes') return;
  const ourLogin = await client.login(signal);
  const doing = `taking our eyes from the comment ${commentId}`;
  const eyes = await allPages(maxPages, async (page) => {
    const { data } = await client.read(ref.repository, doing, signal, (octokit, request) =>
      octokit.request('GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions', {
        ...target,
        content: 'eyes',
        ...page,
        request,
      }),
    );
    return data;
  });
  for (const { id } of eyes.filter(({ user }) => user?.login === ourLogin)) {
    await client.write(ref.repository, doing, signal, (octokit, request) =>
      octokit
        .request('DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}', {
          ...target,
          reaction_id: id,
          request,
        })
        .catch(ignoreGone),
    );
  }
}

function ignoreGone(error: RequestError): void {
  if (statusOf(error) !== 404) throw error;
}

/** What the forge knows about a person's rights; custom roles count as the base role that GitHub reports for them. */
export async function permissionOf(
  client: GitHubClient,
  repository: string,
  user: string,
  signal: AbortSignal,
): Promise<Permission> {
  const doing = `asking what "${user}" may do in "${repository}"`;
  return client.read(repository, doing, signal, async (octokit, request) => {
    try {
      const { data } = await octokit.request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', {
        ...splitRepository(repository),
        username: user,
        request,
      });
      return toPermission(data.permission, data.role_name);
    } catch (error) {
      if (statusOf(error) === 404) return 'none';
      throw error;
    }
  });
}

/** `permission` shows maintain as write and triage as read; the role's name tells them apart. */
export function toPermission(permission: string, roleName: string): Permission {
  if (permission === 'write') return roleName === 'maintain' ? 'maintain' : 'write';
  if (permission === 'read') return roleName === 'triage' ? 'triage' : 'read';
  return permission === 'admin' ? 'admin' : 'none';
}
