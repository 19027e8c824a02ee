import { RunError } from '../../errors.ts';
import { capabilities } from '../capabilities.ts';
import { cutText } from '../cut-text.ts';
import type { Annotation, CheckReport, MayBegin } from '../forge.ts';
import { type GitHubClient, splitRepository, type Writing } from './github-client.ts';
import type { Urgency } from './write-turns.ts';

/** GitHub's limits, from its OpenAPI description and the prose beside it; texts counted in bytes to be safe. */
const limits = {
  title: capabilities.github.titleBytes,
  outputText: capabilities.github.reportBytes,
  annotationsPerRequest: 50,
  annotations: 1000,
  annotationMessage: 65_535,
  annotationTitle: 255,
  actions: 3,
};

interface Target {
  client: GitHubClient;
  repository: string;
  check: CheckReport;
  signal: AbortSignal;
  writing: Writing;
}

interface Found {
  id: number;
  annotations: number;
}

/**
 * Creates a check, or brings it up to date, and returns its id. Annotations can only be appended, 50 at a time, so
 * those that the check carries already are not sent again: the same report may be put twice.
 */
export async function putCheck(
  client: GitHubClient,
  repository: string,
  id: string | null,
  check: CheckReport,
  signal: AbortSignal,
  mayBegin?: MayBegin,
): Promise<string> {
  const target = { client, repository, check, signal, writing: { mayBegin, urgency: urgencyOf(check) } };
  const found = id === null ? await findCheck(target) : await annotationsOf(target, Number(id));
  const missing = check.annotations.slice(found?.annotations ?? 0, limits.annotations);
  const perRequest = limits.annotationsPerRequest;
  const first = missing.slice(0, perRequest);
  const checkId = found === null ? await createCheck(target, first) : await updateCheck(target, found.id, first);
  for (let sent = perRequest; sent < missing.length; sent += perRequest) {
    await appendAnnotations(target, checkId, missing.slice(sent, sent + perRequest));
  }
  return String(checkId);
}

/** What a merge waits for goes before everything else. */
function urgencyOf({ status, name }: CheckReport): Urgency {
  if (status !== 'completed') return 'progress';
  return name === 'greenroom' ? 'conclusion' : 'answer';
}

/** What a lost answer to an earlier attempt left behind: same name, SHA and run. */
async function findCheck({ client, repository, check, signal }: Target): Promise<Found | null> {
  const doing = `looking for the check "${check.name}" on ${check.headSha}`;
  const { data } = await client.read(repository, doing, signal, (octokit, request) =>
    octokit.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
      ...splitRepository(repository),
      ref: check.headSha,
      check_name: check.name,
      filter: 'all',
      per_page: 100,
      request,
    }),
  );
  const same = data.check_runs.find((run) => run.name === check.name && run.external_id === check.externalId);
  return same ? { id: Number(same.id), annotations: same.output.annotations_count } : null;
}

async function annotationsOf({ client, repository, check, signal }: Target, id: number): Promise<Found> {
  if (check.annotations.length === 0) return { id, annotations: 0 };
  const { data } = await client.read(
    repository,
    `reading the check "${check.name}" (${id})`,
    signal,
    (octokit, request) =>
      octokit.request('GET /repos/{owner}/{repo}/check-runs/{check_run_id}', {
        ...splitRepository(repository),
        check_run_id: id,
        request,
      }),
  );
  return { id, annotations: data.output.annotations_count };
}

async function createCheck(
  { client, repository, check, signal, writing }: Target,
  annotations: Annotation[],
): Promise<number> {
  const doing = `creating the check "${check.name}" on ${check.headSha}`;
  const { data } = await client.create(
    repository,
    doing,
    signal,
    (octokit, request) =>
      octokit.request('POST /repos/{owner}/{repo}/check-runs', {
        ...splitRepository(repository),
        ...fieldsOf(check),
        head_sha: check.headSha,
        output: outputOf(check, annotations),
        request,
      }),
    writing,
  );
  return Number(data.id);
}

async function updateCheck(
  { client, repository, check, signal, writing }: Target,
  id: number,
  annotations: Annotation[],
): Promise<number> {
  // What is added must not be added twice: such an update is sent as a creation is, after a look.
  await client[annotations.length === 0 ? 'write' : 'create'](
    repository,
    `updating the check "${check.name}" (${id})`,
    signal,
    (octokit, request) =>
      octokit.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
        ...splitRepository(repository),
        ...fieldsOf(check),
        check_run_id: id,
        output: outputOf(check, annotations),
        request,
      }),
    writing,
  );
  return id;
}

async function appendAnnotations(
  { client, repository, check, signal, writing }: Target,
  id: number,
  annotations: Annotation[],
): Promise<void> {
  await client.create(
    repository,
    `annotating the check "${check.name}" (${id})`,
    signal,
    (octokit, request) =>
      octokit.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
        ...splitRepository(repository),
        check_run_id: id,
        output: outputOf(check, annotations),
        request,
      }),
    writing,
  );
}

function fieldsOf(check: CheckReport) {
  return {
    name: check.name,
    external_id: check.externalId,
    ...(check.detailsUrl === null ? {} : { details_url: check.detailsUrl }),
    ...(check.startedAt === null ? {} : { started_at: check.startedAt }),
    ...stateOf(check),
    // None takes away those that it had.
    actions: check.status === 'completed' ? (check.actions ?? []).slice(0, limits.actions) : [],
  };
}

/** A conclusion beside another status would make GitHub take the check for completed. */
function stateOf(check: CheckReport) {
  if (check.status !== 'completed') return { status: check.status };
  if (check.conclusion === null) {
    throw new RunError(`completing the check "${check.name}" without a conclusion`, {
      code: 'FORGE_REFUSED',
      remedy: 'report-bug',
    });
  }
  return {
    status: 'completed' as const,
    conclusion: check.conclusion,
    ...(check.completedAt === null ? {} : { completed_at: check.completedAt }),
  };
}

function outputOf(check: CheckReport, annotations: Annotation[]) {
  return {
    title: cutText(check.title, limits.title),
    summary: cutText(check.summary, limits.outputText),
    // An empty text takes an older one away; a missing one would leave it.
    text: cutText(check.text ?? '', limits.outputText),
    ...(annotations.length === 0 ? {} : { annotations: annotations.map(toGitHubAnnotation) }),
  };
}

function toGitHubAnnotation(annotation: Annotation) {
  const startLine = Math.max(1, Math.trunc(annotation.startLine) || 1);
  return {
    path: annotation.path,
    start_line: startLine,
    end_line: Math.max(startLine, Math.trunc(annotation.endLine) || 1),
    annotation_level: annotation.level,
    message: cutText(annotation.message, limits.annotationMessage) || '(no message)',
    ...(annotation.title === undefined ? {} : { title: cutText(annotation.title, limits.annotationTitle) }),
  };
}
