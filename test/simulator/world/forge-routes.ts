import { configFiles } from './forge-files.ts';
import { type CommentOnServer, type ForgeServer, ourLogin, repositories } from './forge-server.ts';
import type { Happening, Right } from './history.ts';
import type { SimulatedChange, SimulatedCheck } from './world.ts';

export interface ForgeAnswer {
  status: number;
  data?: unknown;
  headers?: Record<string, string>;
}

export type Parameters = Readonly<Record<string, unknown>>;

/** Who asks, as far as the forge's history tells. */
export interface Asking {
  server: ForgeServer;
  nowMs: number;
  tell: (happening: Happening) => void;
  /** Of who asks, on the run that it writes of, when it asked. */
  right: Right;
  runOf: (runId: string) => { changeId: string; generation: number } | undefined;
}

type Route = (asking: Asking, parameters: Parameters) => ForgeAnswer;

const missing: ForgeAnswer = { status: 404, data: { message: 'Not Found' } };

/** Each request of `src/forge/github`, by its route: what GitHub makes of it. */
export const routes: Readonly<Record<string, Route>> = {
  'GET /app': () => ok({ slug: 'greenroom' }),
  'GET /app/installations': () => ok([{ id: 1, suspended_at: null, account: { login: 'acme' } }]),
  'GET /installation/repositories': () =>
    ok({ repositories: repositories.map((name) => ({ full_name: name, archived: false })) }),
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': ({ server, tell }, asked) => {
    const ref = { repository: nameOf(asked), number: Number(asked.pull_number) };
    tell({ kind: 'looked', ...ref });
    const change = server.change(ref);
    return change ? ok(asPull(change)) : missing;
  },
  'GET /repos/{owner}/{repo}/pulls': ({ server }, asked) => ok(page(server.openOf(nameOf(asked)).map(asPull), asked)),
  'GET /repos/{owner}/{repo}/git/matching-refs/{ref}': ({ server, tell }, asked) => {
    tell({ kind: 'looked', repository: nameOf(asked), number: null });
    const entries = server.queue.filter(({ repository }) => repository === nameOf(asked));
    return ok(entries.map(({ ref, headSha }) => ({ ref, object: { sha: headSha } })));
  },
  'GET /repos/{owner}/{repo}/compare/{basehead}': ({ server }, { basehead }) => {
    const [base = '', head = ''] = String(basehead).split('...');
    if (!server.commits.has(base) || !server.commits.has(head)) return missing;
    const files = ['src/app.ts', ...(server.configAt(base) === server.configAt(head) ? [] : ['greenroom.yaml'])];
    return ok({ files: files.map((filename) => ({ filename })), merge_base_commit: { sha: base } });
  },
  'GET /repos/{owner}/{repo}/contents/{path}': ({ server }, { ref }) => {
    const text = configFiles[server.configAt(String(ref))];
    return text === null ? missing : { status: 200, data: bodyOf(text), headers: { 'content-type': 'text/plain' } };
  },
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': ({ server }, { username }) => {
    const permission = server.permissions.get(String(username));
    return permission === undefined ? missing : ok({ permission, role_name: permission });
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': ({ server }, asked) => {
    const isWanted = ({ sha, name, repository }: SimulatedCheck) =>
      sha === asked.ref && repository === nameOf(asked) && (asked.check_name ?? name) === name;
    const found = [...server.checks.values()].filter(isWanted).reverse();
    return ok({ check_runs: page(found.map(asCheckRun), asked) });
  },
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}': ({ server }, { check_run_id }) => {
    const check = server.checks.get(String(check_run_id));
    return check ? ok(asCheckRun(check)) : missing;
  },
  'POST /repos/{owner}/{repo}/check-runs': createCheck,
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': (asking, asked) => {
    const check = asking.server.checks.get(String(asked.check_run_id));
    if (check === undefined) return missing;
    writeCheck(asking, check, asked, false);
    return ok({ id: Number(check.id) });
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': ({ server }, asked) => {
    const change = { repository: nameOf(asked), number: Number(asked.issue_number) };
    return ok(page(server.commentsOn(change).map(asComment), asked));
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': (asking, asked) => {
    const change = { repository: nameOf(asked), number: Number(asked.issue_number) };
    if (asking.server.change(change) === undefined) return missing;
    const comment = asking.server.comment(change, ourLogin, String(asked.body));
    tellComment(asking, comment, true);
    return { status: 201, data: asComment(comment) };
  },
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': (asking, asked) => {
    const comment = asking.server.comments.get(String(asked.comment_id));
    if (comment === undefined) return missing;
    comment.body = String(asked.body);
    tellComment(asking, comment, false);
    return ok(asComment(comment));
  },
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': react,
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': ({ server }, { comment_id, content }) => {
    const comment = server.comments.get(String(comment_id));
    if (comment === undefined) return missing;
    const found = comment.ownReactions.filter((reaction) => reaction.content === content);
    return ok(found.map(({ id }) => ({ id, user: { login: ourLogin } })));
  },
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}': ({ server }, asked) => {
    const comment = server.comments.get(String(asked.comment_id));
    if (comment === undefined) return missing;
    keepReactions(comment, ({ id }) => id !== asked.reaction_id);
    return { status: 204 };
  },
};

function createCheck(asking: Asking, asked: Parameters): ForgeAnswer {
  const sha = String(asked.head_sha);
  if (!asking.server.commits.has(sha)) return { status: 422, data: { message: `No commit found for SHA: ${sha}` } };
  const check: SimulatedCheck = {
    id: String(asking.server.nextId()),
    repository: nameOf(asked),
    sha,
    name: String(asked.name),
    externalId: '',
    status: 'queued',
    conclusion: null,
    title: '',
    annotations: 0,
    createdAtMs: asking.nowMs,
    updatedAtMs: asking.nowMs,
  };
  asking.server.checks.set(check.id, check);
  writeCheck(asking, check, asked, true);
  return { status: 201, data: { id: Number(check.id) } };
}

function writeCheck({ nowMs, tell, right, runOf }: Asking, check: SimulatedCheck, asked: Parameters, isNew: boolean) {
  if (asked.external_id !== undefined) check.externalId = String(asked.external_id);
  if (asked.status !== undefined) {
    check.status = String(asked.status);
    check.conclusion = asked.conclusion === undefined ? null : String(asked.conclusion);
  }
  const output = asked.output as { title?: string; annotations?: unknown[] } | undefined;
  check.title = output?.title ?? check.title;
  check.annotations += output?.annotations?.length ?? 0;
  check.updatedAtMs = nowMs;
  const { repository, sha, name, id, conclusion, title, externalId } = check;
  const run = runOf(externalId);
  tell({
    kind: 'check-put',
    repository,
    sha,
    name,
    checkId: id,
    isNew,
    status: check.status as 'queued' | 'in_progress' | 'completed',
    conclusion,
    title,
    runId: externalId,
    changeId: run?.changeId ?? null,
    generation: run?.generation ?? null,
    right,
  });
}

function react({ server, tell }: Asking, asked: Parameters): ForgeAnswer {
  const comment = server.comments.get(String(asked.comment_id));
  if (comment === undefined) return missing;
  const content = asked.content as CommentOnServer['ownReactions'][number]['content'];
  const isNew = !comment.ownReactions.some((reaction) => reaction.content === content);
  if (isNew) {
    comment.ownReactions.push({ id: server.nextId(), content });
    keepReactions(comment, () => true);
  }
  tell({ kind: 'reacted', commentId: comment.id, reaction: content, isNew });
  return { status: isNew ? 201 : 200, data: {} };
}

function keepReactions(comment: CommentOnServer, wanted: (reaction: { id: number }) => boolean): void {
  comment.ownReactions = comment.ownReactions.filter(wanted);
  comment.reactions = comment.ownReactions.map(({ content }) => content);
}

function tellComment({ tell }: Asking, { id, change, body }: CommentOnServer, isNew: boolean): void {
  const generation = generationOf(body);
  const [isReply, isUnderWay] = [!body.includes('<!-- greenroom'), body.includes('### ⏳')];
  tell({ kind: 'comment-put', change, commentId: id, isNew, isReply, generation, isUnderWay });
}

/** Of the run that a comment of ours speaks of, by its marker. */
export function generationOf(body: string): number | null {
  const said = /generation:(\d+) /.exec(body)?.[1];
  return said === undefined ? null : Number(said);
}

function ok(data: unknown): ForgeAnswer {
  return { status: 200, data };
}

function nameOf({ owner, repo }: Parameters): string {
  return `${owner}/${repo}`;
}

function page<T>(all: readonly T[], { per_page, page: number }: Parameters): T[] {
  const size = Number(per_page ?? 100);
  return all.slice((Number(number ?? 1) - 1) * size, Number(number ?? 1) * size);
}

export function asPull(change: SimulatedChange) {
  const { number, title, open, draft, url, author, labels, headSha, headRef, baseSha, baseRef, repository } = change;
  return {
    number,
    title,
    state: open ? 'open' : 'closed',
    draft,
    html_url: url,
    user: { login: author },
    labels: labels.map((name) => ({ name })),
    head: {
      sha: headSha,
      ref: headRef,
      repo: change.headRepository === null ? null : { full_name: change.headRepository },
    },
    base: { sha: baseSha, ref: baseRef, repo: { full_name: repository } },
  };
}

function asCheckRun({ id, name, externalId, annotations, status, conclusion }: SimulatedCheck) {
  return {
    id: Number(id),
    name,
    external_id: externalId,
    status,
    conclusion,
    output: { annotations_count: annotations },
  };
}

function asComment({ id, author, body }: CommentOnServer) {
  return { id: Number(id), body, user: { login: author } };
}

/** A body as `fetch` gives it, without a real stream behind it. */
function bodyOf(text: string) {
  return {
    cancel: async () => undefined,
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(text);
    },
  };
}
