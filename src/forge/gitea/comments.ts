import { z } from 'zod';
import type { ChangeRef } from '../../event/event.ts';
import { capabilities } from '../capabilities.ts';
import type { MayBegin, Reaction } from '../forge.ts';
import { withMarker } from '../with-marker.ts';
import { type GiteaClient, pathOf } from './gitea-client.ts';
import { unreachable } from './gitea-error.ts';

const { commentBytes } = capabilities.gitea;
const Comment = z.object({
  id: z.int(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
});

/** In every comment of ours: Gitea says of no comment that a machine wrote it, and ours may show commands. */
export const ownMarker = '<!-- greenroom:own -->';

/**
 * Creates or edits the one comment and returns its id. A comment that somebody deleted is looked for by its marker and
 * made again. Only comments of our user count: anybody can write the marker.
 */
export async function putComment(
  client: GiteaClient,
  ref: ChangeRef,
  id: string | null,
  { marker, body }: { marker: string; body: string },
  signal: AbortSignal,
  mayBegin?: MayBegin,
): Promise<string> {
  const text = withMarker(body, marker, commentBytes);
  const edit = (at: string) => editComment(client, ref, at, text, signal, mayBegin);
  if (id !== null && (await edit(id))) return id;
  const found = await findComment(client, ref, marker, signal);
  if (found === null) return createComment(client, ref, text, signal, mayBegin);
  if (!(await edit(found))) throw unreachable(editing(ref, found), 'Gitea lists the comment and does not find it');
  return found;
}

/** A plain answer to a command. */
export async function reply(client: GiteaClient, ref: ChangeRef, body: string, signal: AbortSignal): Promise<void> {
  await createComment(client, ref, withMarker(body, ownMarker, commentBytes), signal);
}

function editing({ repository, number }: ChangeRef, id: string): string {
  return `editing the comment ${id} on ${repository}#${number}`;
}

/** @returns false where the comment is gone */
async function editComment(
  client: GiteaClient,
  ref: ChangeRef,
  id: string,
  body: string,
  signal: AbortSignal,
  mayBegin: MayBegin | undefined,
): Promise<boolean> {
  const path = `${pathOf(ref.repository)}/issues/comments/${encodeURIComponent(id)}`;
  const request = { doing: editing(ref, id), method: 'PATCH' as const, path, body: { body }, mayBegin };
  return (await client.askOrNull(Comment, request, signal)) !== null;
}

async function createComment(
  client: GiteaClient,
  ref: ChangeRef,
  body: string,
  signal: AbortSignal,
  mayBegin?: MayBegin,
): Promise<string> {
  const doing = `commenting on ${ref.repository}#${ref.number}`;
  const path = `${pathOf(ref.repository)}/issues/${ref.number}/comments`;
  const request = { doing, method: 'POST' as const, path, body: { body }, once: true, mayBegin };
  return String((await client.ask(Comment, request, signal)).id);
}

/** The oldest of ours with the marker. */
async function findComment(
  client: GiteaClient,
  ref: ChangeRef,
  marker: string,
  signal: AbortSignal,
): Promise<string | null> {
  const ourLogin = await client.login(signal);
  const doing = `looking for our comment on ${ref.repository}#${ref.number}`;
  const path = `${pathOf(ref.repository)}/issues/${ref.number}/comments`;
  const comments = await client.all(z.array(Comment), ({ id }) => id, { doing, path }, signal);
  const ours = comments.filter(({ user, body }) => user?.login === ourLogin && body?.includes(marker));
  const [oldest] = ours.map(({ id }) => id).sort((one, other) => one - other);
  return oldest === undefined ? null : String(oldest);
}

/** Adds the reaction; takes our own `eyes` away when another word follows it. */
export async function react(
  client: GiteaClient,
  ref: ChangeRef,
  commentId: string,
  reaction: Reaction,
  signal: AbortSignal,
): Promise<void> {
  const path = `${pathOf(ref.repository)}/issues/comments/${encodeURIComponent(commentId)}/reactions`;
  const write = async (doing: string, method: 'POST' | 'DELETE', content: Reaction, accept: number[] = []) =>
    client.send({ doing, method, path, body: { content }, accept }, signal, async ({ body }) => body?.cancel());
  // 201, or 200 where it is there already: so this may be sent twice.
  await write(`answering the comment ${commentId} with "${reaction}"`, 'POST', reaction);
  if (reaction !== 'eyes') await write(`taking our eyes from the comment ${commentId}`, 'DELETE', 'eyes', [404]);
}
