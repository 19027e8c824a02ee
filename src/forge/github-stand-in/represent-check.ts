import { representApp } from './represent-people.ts';
import { repositoryPage, repositoryUrl, representRepository } from './represent-repository.ts';
import { type CheckRun, nodeId, type World } from './world.ts';

/** A check run as the API answers it (`check-run`). */
export function representCheck(world: World, check: CheckRun) {
  const url = `${repositoryUrl(world, check.repository)}/check-runs/${check.id}`;
  return {
    id: check.id,
    name: check.name,
    node_id: nodeId('CheckRun', check.id),
    head_sha: check.headSha,
    external_id: check.externalId,
    url,
    html_url: `${repositoryPage(world, check.repository)}/runs/${check.id}`,
    details_url: check.detailsUrl ?? `${repositoryPage(world, check.repository)}/runs/${check.id}`,
    status: check.status,
    conclusion: check.conclusion,
    started_at: check.startedAt,
    completed_at: check.completedAt,
    output: {
      title: check.title,
      summary: check.summary,
      text: check.text,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: suiteIdOf(check) },
    app: representApp(world),
    pull_requests: [],
  };
}

/** The same in a delivery, which carries the whole suite (`check-run-with-simple-check-suite`). */
export function representCheckInDelivery(world: World, check: CheckRun) {
  return {
    ...representCheck(world, check),
    started_at: check.startedAt ?? world.instant(),
    check_suite: { ...representSuite(world, check), repository: representRepository(world, check.repository) },
  };
}

/** The suite of a check on its own, in a delivery about it. */
export async function representSuiteInDelivery(world: World, check: CheckRun) {
  const [commit] = await check.repository.git.log(check.headSha, 1);
  if (!commit) throw new Error(`the stand-in has no commit ${check.headSha}`);
  const person = { name: commit.author, email: commit.email };
  const { sha: id, tree, message, date: timestamp } = commit;
  const suite = representSuite(world, check);
  return {
    ...suite,
    // The description of this delivery is older than the merge queue.
    app: { ...suite.app, events: suite.app.events.filter((event) => event !== 'merge_group') },
    latest_check_runs_count: world.checks.filter(({ headSha }) => headSha === check.headSha).length,
    check_runs_url: `${suite.url}/check-runs`,
    head_commit: { id, tree_id: tree, message, timestamp, author: person, committer: person },
  };
}

function representSuite(world: World, check: CheckRun) {
  const suiteId = suiteIdOf(check);
  return {
    id: suiteId,
    node_id: nodeId('CheckSuite', suiteId),
    head_branch: null,
    head_sha: check.headSha,
    status: check.status,
    conclusion: check.conclusion,
    url: `${repositoryUrl(world, check.repository)}/check-suites/${suiteId}`,
    before: null,
    after: check.headSha,
    pull_requests: [],
    app: representApp(world),
    created_at: check.startedAt ?? world.instant(),
    updated_at: world.instant(),
  };
}

export function representAnnotations(world: World, check: CheckRun) {
  return check.annotations.map((annotation) => ({
    start_column: null,
    end_column: null,
    title: null,
    raw_details: null,
    ...annotation,
    blob_href: `${repositoryPage(world, check.repository)}/blob/${check.headSha}/${annotation.path}`,
  }));
}

/** One suite per commit and App. */
function suiteIdOf(check: CheckRun): number {
  return Number.parseInt(check.headSha.slice(0, 8), 16);
}
