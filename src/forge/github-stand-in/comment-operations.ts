import { GitHubRefusal } from './authenticate.ts';
import { type Call, type Operation, page, pullOf, repositoryOf } from './operation.ts';
import { representComment, representReaction } from './represent-comment.ts';
import type { Comment, PullRequest, ReactionContent, User, World } from './world.ts';

const maxBodyLength = 65_536;
const readRights = ['issues=read', 'pull_requests=read'];
const writeRights = ['issues=write', 'pull_requests=write'];

/** Comments on pull requests, and the reactions to them. `told` hears of each new comment. */
export function commentOperations(told: (comment: Comment) => void): Operation[] {
  return [
    {
      name: 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
      for: 'installation or user',
      permissions: readRights,
      answer(call) {
        const pull = pullOf(call, call.params.issue_number);
        const { items, headers } = page(
          call,
          call.world.comments.filter((comment) => comment.pull === pull),
        );
        return { status: 200, body: items.map((comment) => representComment(call.world, comment)), headers };
      },
    },
    {
      name: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
      for: 'installation or user',
      permissions: writeRights,
      answer(call) {
        const pull = pullOf(call, call.params.issue_number);
        const viaApp = call.caller.kind === 'installation';
        const comment = addComment(call.world, pull, callerOf(call), bodyOf(call), viaApp);
        told(comment);
        return { status: 201, body: representComment(call.world, comment) };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}',
      for: 'installation or user',
      permissions: readRights,
      answer: (call) => ({ status: 200, body: representComment(call.world, commentOf(call)) }),
    },
    {
      name: 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
      for: 'installation or user',
      permissions: writeRights,
      answer(call) {
        const comment = commentOf(call);
        comment.body = bodyOf(call);
        comment.updatedAt = call.world.instant();
        return { status: 200, body: representComment(call.world, comment) };
      },
    },
    ...reactionOperations,
  ];
}

const reactionOperations: Operation[] = [
  {
    name: 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions',
    for: 'installation or user',
    permissions: readRights,
    answer(call) {
      const { id } = commentOf(call);
      const { content } = call.query;
      const found = call.world.reactions.filter(
        (reaction) => reaction.commentId === id && (content === undefined || reaction.content === content),
      );
      const { items, headers } = page(call, found);
      return { status: 200, body: items.map((reaction) => representReaction(call.world, reaction)), headers };
    },
  },
  {
    name: 'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions',
    for: 'installation or user',
    permissions: writeRights,
    answer(call) {
      const { world } = call;
      const { id } = commentOf(call);
      const user = callerOf(call);
      const { content } = call.body as { content: ReactionContent };
      const present = world.reactions.find(
        (reaction) => reaction.commentId === id && reaction.user === user && reaction.content === content,
      );
      if (present) return { status: 200, body: representReaction(world, present) };
      const reaction = { id: world.nextId(), commentId: id, user, content, createdAt: world.instant() };
      world.reactions.push(reaction);
      return { status: 201, body: representReaction(world, reaction) };
    },
  },
  {
    name: 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}',
    for: 'installation or user',
    permissions: writeRights,
    answer(call) {
      const { id } = commentOf(call);
      const at = call.world.reactions.findIndex(
        (reaction) => reaction.commentId === id && reaction.id === Number(call.params.reaction_id),
      );
      const reaction = call.world.reactions[at];
      if (!reaction) throw new GitHubRefusal(404, 'Not Found');
      if (reaction.user !== callerOf(call)) throw new GitHubRefusal(403, 'Must be the author of the reaction');
      call.world.reactions.splice(at, 1);
      return { status: 204 };
    },
  },
];

export function addComment(world: World, pull: PullRequest, user: User, body: string, viaApp: boolean): Comment {
  const now = world.instant();
  const comment = { id: world.nextId(), pull, user, body, createdAt: now, updatedAt: now, viaApp };
  world.comments.push(comment);
  return comment;
}

function commentOf(call: Call): Comment {
  const repository = repositoryOf(call);
  const comment = call.world.comments.find(
    ({ id, pull }) => pull.repository === repository && id === Number(call.params.comment_id),
  );
  if (!comment) throw new GitHubRefusal(404, 'Not Found');
  return comment;
}

function bodyOf(call: Call): string {
  const { body } = call.body as { body: string };
  if (body.trim() === '') throw new GitHubRefusal(422, 'Validation Failed: body cannot be blank');
  if ([...body].length > maxBodyLength)
    throw new GitHubRefusal(422, `Validation Failed: body is too long (maximum is ${maxBodyLength} characters)`);
  return body;
}

/** Who an installation token speaks for: the App's bot. */
function callerOf({ caller, world }: Call): User {
  return caller.kind === 'user' ? caller.user : world.app.bot;
}
