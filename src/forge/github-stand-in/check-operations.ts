import { GitHubRefusal } from './authenticate.ts';
import { type Call, commitOf, type Operation, page, repositoryOf } from './operation.ts';
import { representAnnotations, representCheck } from './represent-check.ts';
import type { Annotation, CheckRun } from './world.ts';

const maxAnnotations = 50;

/** What a create or update may say; the shape itself was judged against GitHub's description. */
interface CheckFields {
  name?: string;
  head_sha?: string;
  external_id?: string;
  details_url?: string;
  status?: CheckRun['status'];
  conclusion?: string;
  started_at?: string;
  completed_at?: string;
  output?: { title?: string; summary: string; text?: string; annotations?: Annotation[] };
  actions?: CheckRun['actions'];
}

/** Check runs. Only Apps may use them. `rerequested` is told to the one who asks for it, in `happenings.ts`. */
export function checkOperations(onRerequest: (check: CheckRun) => void): Operation[] {
  return [
    {
      name: 'POST /repos/{owner}/{repo}/check-runs',
      for: 'installation',
      permissions: ['checks=write'],
      answer: async (call) => ({ status: 201, body: representCheck(call.world, await create(call)) }),
    },
    {
      name: 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}',
      for: 'installation or user',
      permissions: ['checks=read'],
      answer: (call) => ({ status: 200, body: representCheck(call.world, checkOf(call)) }),
    },
    {
      name: 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
      for: 'installation',
      permissions: ['checks=write'],
      answer(call) {
        const check = checkOf(call);
        apply(call, check, call.body as CheckFields);
        return { status: 200, body: representCheck(call.world, check) };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations',
      for: 'installation or user',
      permissions: ['checks=read'],
      answer(call) {
        const { items, headers } = page(call, representAnnotations(call.world, checkOf(call)));
        return { status: 200, body: items, headers };
      },
    },
    {
      name: 'POST /repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest',
      for: 'installation',
      permissions: ['checks=write'],
      answer(call) {
        // The run itself stays as it is: whoever owns it is told, and makes a new one.
        onRerequest(checkOf(call));
        return { status: 201, body: {} };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
      for: 'installation or user',
      permissions: ['checks=read'],
      async answer(call) {
        const found = await list(call);
        const { items, headers } = page(call, found);
        const checkRuns = items.map((check) => representCheck(call.world, check));
        return { status: 200, headers, body: { total_count: found.length, check_runs: checkRuns } };
      },
    },
  ];
}

async function create(call: Call): Promise<CheckRun> {
  const repository = repositoryOf(call);
  const fields = call.body as CheckFields & { name: string; head_sha: string };
  const check: CheckRun = {
    id: call.world.nextId(),
    repository,
    headSha: await commitOf(repository, fields.head_sha),
    name: fields.name,
    externalId: '',
    detailsUrl: null,
    status: 'queued',
    conclusion: null,
    startedAt: null,
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    actions: [],
  };
  apply(call, check, fields);
  call.world.checks.push(check);
  return check;
}

function apply(call: Call, check: CheckRun, fields: CheckFields): void {
  const { output } = fields;
  if (fields.status === 'completed' && fields.conclusion === undefined) {
    throw new GitHubRefusal(422, 'Invalid request. A completed check run needs a conclusion.');
  }
  if (fields.conclusion === 'stale')
    throw new GitHubRefusal(422, 'Invalid request. Only GitHub marks a check as stale.');
  if ((output?.annotations?.length ?? 0) > maxAnnotations) {
    throw new GitHubRefusal(422, `Invalid request. No more than ${maxAnnotations} annotations per request.`);
  }
  // A conclusion completes a check whatever the status says; another status takes the conclusion away again.
  if (fields.conclusion !== undefined) {
    check.status = 'completed';
    check.conclusion = fields.conclusion;
    check.completedAt = fields.completed_at ?? call.world.instant();
  } else if (fields.status !== undefined) {
    check.status = fields.status;
    check.conclusion = null;
    check.completedAt = null;
  }
  check.name = fields.name ?? check.name;
  check.externalId = fields.external_id ?? check.externalId;
  check.detailsUrl = fields.details_url ?? check.detailsUrl;
  check.startedAt = fields.started_at ?? check.startedAt ?? (check.status === 'queued' ? null : call.world.instant());
  check.title = output?.title ?? check.title;
  check.summary = output?.summary ?? check.summary;
  check.text = output?.text ?? check.text;
  check.actions = fields.actions ?? check.actions;
  check.annotations.push(...(output?.annotations ?? []));
}

/** Newest first; `latest`, the default, shows one of each name. */
async function list(call: Call): Promise<CheckRun[]> {
  const repository = repositoryOf(call);
  const sha = await commitOf(repository, call.params.ref ?? '');
  const { check_name: name, status, filter = 'latest' } = call.query;
  const found = call.world.checks
    .filter((check) => check.repository === repository && check.headSha === sha)
    .filter((check) => (name === undefined || check.name === name) && (status === undefined || check.status === status))
    .reverse();
  return filter === 'all' ? found : [...new Map(found.toReversed().map((check) => [check.name, check])).values()];
}

function checkOf(call: Call): CheckRun {
  const repository = repositoryOf(call);
  const check = call.world.checks.find(
    (one) => one.repository === repository && one.id === Number(call.params.check_run_id),
  );
  if (!check) throw new GitHubRefusal(404, 'Not Found');
  return check;
}
