import { createGiteaForge } from '../../src/forge/gitea/gitea-forge.ts';
import { parseDelivery } from '../../src/forge/gitea/parse-delivery.ts';
import { silentLog } from '../../src/log.ts';
import type { ForgeWorld, Person, WorldRepository } from './forge-world.ts';
import { administrator, type GiteaServer, password, startGitea } from './gitea-server.ts';

export interface GiteaWorld extends ForgeWorld {
  server: GiteaServer;
  /** Of Greenroom's user, with no more rights than it is said to need. */
  token: string;
}

const us = 'greenroom';
const people = ['olivia', 'rita', 'ada', 'stranger'] as const satisfies Person[];
const rights = { olivia: 'write', rita: 'read', ada: 'admin', [us]: 'admin' };
const webhookSecret = 'a secret of the hook';

/** A real Gitea. */
export async function giteaWorld(): Promise<GiteaWorld> {
  const server = await startGitea();
  const { ask } = server;
  for (const username of [us, ...people]) {
    const account = { username, password, email: `${username}@example.test`, must_change_password: false };
    await ask(administrator, 'POST', '/admin/users', account);
  }
  await ask(administrator, 'POST', '/orgs', { username: 'acme' });
  const { sha1: token } = await ask<{ sha1: string }>(us, 'POST', `/users/${us}/tokens`, {
    name: 'greenroom',
    scopes: ['write:repository', 'write:issue', 'read:user', 'read:organization'],
  });
  let hookAddress: string | null = null;
  return {
    server,
    token,
    forgeName: 'gitea',
    forge: createGiteaForge({ url: server.url, token, log: silentLog() }),
    ourLogin: us,
    door: { secrets: [webhookSecret], parseDelivery },
    async createRepository(name, files) {
      await ask(administrator, 'POST', '/orgs/acme/repos', { name, default_branch: 'main' });
      const path = `/repos/acme/${name}`;
      const changes = Object.entries(files).map(([file, text]) => {
        return { operation: 'create', path: file, content: Buffer.from(text).toString('base64') };
      });
      await ask(administrator, 'POST', `${path}/contents`, { branch: 'main', message: 'Start', files: changes });
      for (const [user, permission] of Object.entries(rights)) {
        await ask(administrator, 'PUT', `${path}/collaborators/${user}`, { permission });
      }
      if (hookAddress !== null) await hook(server, path, hookAddress);
      return onGitea(server, `acme/${name}`);
    },
    async deliverTo(address) {
      hookAddress = `${address}/webhooks/gitea`;
    },
    assertClean: () => undefined,
    stop: () => server.stop(),
  };
}

/** As docs/forges.md has it set up. */
async function hook({ ask }: GiteaServer, path: string, address: string): Promise<void> {
  await ask(administrator, 'POST', `${path}/hooks`, {
    type: 'gitea',
    active: true,
    events: ['pull_request'],
    config: { url: address, content_type: 'json', secret: webhookSecret },
  });
}

function onGitea(server: GiteaServer, fullName: string): WorldRepository {
  const { ask } = server;
  const path = `/repos/${fullName}`;
  const setState = (number: number, by: Person, state: string) =>
    ask<void>(by, 'PATCH', `${path}/pulls/${number}`, { state });
  return {
    name: `gitea:${fullName}`,
    cloneUrl: (person) => `${server.url.replace('http://', `http://${person}:${password}@`)}/${fullName}.git`,
    async fork(person) {
      const { full_name: name } = await ask<{ full_name: string }>(person, 'POST', `${path}/forks`, {});
      return onGitea(server, name);
    },
    async open({ title, by, head, draft }) {
      const proposal = { title: draft ? `WIP: ${title}` : title, head, base: 'main' };
      return (await ask<{ number: number }>(by, 'POST', `${path}/pulls`, proposal)).number;
    },
    async comment(number, by, body) {
      const { id } = await ask<{ id: number }>(by, 'POST', `${path}/issues/${number}/comments`, { body });
      return String(id);
    },
    deleteComment: (id) => ask(administrator, 'DELETE', `${path}/issues/comments/${id}`),
    close: (number, by) => setState(number, by, 'closed'),
    reopen: (number, by) => setState(number, by, 'open'),
    merge: (number, by) => untilMergeable(() => ask(by, 'POST', `${path}/pulls/${number}/merge`, { Do: 'merge' })),
    changeBase: (number, base, by) => ask(by, 'PATCH', `${path}/pulls/${number}`, { base }),
    async markReady(number, by) {
      const { title } = await ask<{ title: string }>(by, 'GET', `${path}/pulls/${number}`);
      await ask(by, 'PATCH', `${path}/pulls/${number}`, { title: title.replace(/^WIP: /, '') });
    },
    reactAs: (person, commentId, content) =>
      ask(person, 'POST', `${path}/issues/comments/${commentId}/reactions`, { content }),
    async commentsOf(number) {
      type Comment = { id: number; body: string; user: { login: string } };
      const comments = await ask<Comment[]>(administrator, 'GET', `${path}/issues/${number}/comments`);
      return comments.map(({ id, body, user }) => ({ id: String(id), author: user.login, body }));
    },
    async reactionsOf(commentId) {
      type Reaction = { content: string; user: { login: string } };
      const reactions = await ask<Reaction[] | null>(
        administrator,
        'GET',
        `${path}/issues/comments/${commentId}/reactions`,
      );
      return (reactions ?? []).map(({ content, user }) => ({ by: user.login, reaction: content }));
    },
    async wordsOn(sha) {
      type Combined = { statuses: { context: string; status: string }[] | null };
      const { statuses } = await ask<Combined>(administrator, 'GET', `${path}/commits/${sha}/status`);
      return Object.fromEntries((statuses ?? []).map(({ context, status }) => [context, status]));
    },
  };
}

/** It works out beside us whether a change can be merged. */
async function untilMergeable(merge: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await merge();
    } catch (error) {
      if (attempt === 50 || !/try again/i.test(String(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
