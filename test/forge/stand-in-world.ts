import { parseDelivery } from '../../src/forge/github/parse-delivery.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import type { ForgeWorld, WorldRepository } from './forge-world.ts';
import { type StandInFixture, startFixture } from './stand-in-fixture.ts';

/** GitHub's stand-in. */
export async function standInWorld(): Promise<ForgeWorld> {
  const fixture = await startFixture();
  const { github } = fixture;
  return {
    forgeName: 'github',
    forge: fixture.forgeWith(),
    ourLogin: 'greenroom[bot]',
    door: { secrets: [github.webhookSecret], parseDelivery },
    createRepository: async (name, files) => onStandIn(fixture, await github.createRepository(name, { files })),
    async deliverTo(address) {
      github.setWebhookUrl(`${address}/webhooks/github`);
    },
    assertClean: () => github.assertClean(),
    stop: () => fixture.stop(),
  };
}

function onStandIn(fixture: StandInFixture, of: StandInRepository): WorldRepository {
  const { github } = fixture;
  return {
    name: of.fullName,
    cloneUrl: (person) => of.cloneUrl(person),
    fork: async (person) => onStandIn(fixture, await github.fork(of, person)),
    open: ({ by, ...proposal }) => of.openPullRequest({ ...proposal, user: by }),
    comment: (number, by, body) => of.comment(number, by, body),
    deleteComment: async (id) => of.deleteComment(id),
    close: (number, by) => of.close(number, by),
    reopen: (number, by) => of.reopen(number, by),
    merge: (number, by) => of.merge(number, by),
    changeBase: (number, base, by) => of.changeBase(number, base, by),
    markReady: (number, by) => of.markReady(number, by),
    async reactAs(person, commentId, reaction) {
      await fetch(`${github.apiUrl}/repos/${of.fullName}/issues/comments/${commentId}/reactions`, {
        method: 'POST',
        headers: { authorization: `token ${github.tokenOf(person)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ content: reaction }),
      });
    },
    commentsOf: async (number) =>
      of.commentsOf(number).map(({ id, user, body }) => ({ id: String(id), author: user.login, body })),
    reactionsOf: async (commentId) =>
      github.reactionsOf(commentId).map(({ user, content }) => ({ by: user.login, reaction: content })),
    // Oldest first: the last one of a name is the one that is shown.
    wordsOn: async (sha) =>
      Object.fromEntries(of.checksOf(sha).map(({ name, status, conclusion }) => [name, conclusion ?? status])),
  };
}
