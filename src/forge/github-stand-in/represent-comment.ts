import { representApp, representUser } from './represent-people.ts';
import { addressesOf, associationOf, representReactionCounts } from './represent-pull.ts';
import { repositoryUrl } from './represent-repository.ts';
import { type Comment, nodeId, type Reaction, type World } from './world.ts';

/** A comment on a pull request (`issue-comment`), in answers and deliveries. */
export function representComment(world: World, comment: Comment) {
  const { htmlUrl, issueUrl } = addressesOf(world, comment.pull);
  const url = `${repositoryUrl(world, comment.pull.repository)}/issues/comments/${comment.id}`;
  const contents = world.reactions.filter(({ commentId }) => commentId === comment.id).map(({ content }) => content);
  return {
    url,
    html_url: `${htmlUrl}#issuecomment-${comment.id}`,
    issue_url: issueUrl,
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    user: representUser(world, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: associationOf(comment.pull.repository, comment.user),
    body: comment.body,
    reactions: representReactionCounts(`${url}/reactions`, contents),
    performed_via_github_app: comment.viaApp ? representApp(world) : null,
  };
}

export function representReaction(world: World, reaction: Reaction) {
  return {
    id: reaction.id,
    node_id: nodeId('Reaction', reaction.id),
    user: representUser(world, reaction.user),
    content: reaction.content,
    created_at: reaction.createdAt,
  };
}
