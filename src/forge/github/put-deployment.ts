import type { DeploymentReport, MayBegin } from '../forge.ts';
import { type GitHubClient, splitRepository } from './github-client.ts';

/** Tells our deployments from those of others. */
const task = 'deploy:greenroom';

interface Target {
  client: GitHubClient;
  repository: string;
  deployment: DeploymentReport;
  signal: AbortSignal;
  mayBegin: MayBegin | undefined;
}

/**
 * Creates a deployment where it is not there yet, says how it stands, and returns its id. Nothing of it waits for checks or
 * merges anything. One that has ended is not made for that: null where there is none.
 */
export async function putDeployment(
  client: GitHubClient,
  repository: string,
  id: string | null,
  deployment: DeploymentReport,
  signal: AbortSignal,
  mayBegin?: MayBegin,
): Promise<string | null> {
  const target = { client, repository, deployment, signal, mayBegin };
  const isEnd = deployment.state === 'inactive' || deployment.state === 'failure';
  const known = id ?? (await findDeployment(target)) ?? (isEnd ? null : await createDeployment(target));
  if (known === null) return null;
  await addStatus(target, Number(known));
  return known;
}

/** What a lost answer to an earlier attempt left behind: of the same run. */
async function findDeployment({ client, repository, deployment, signal }: Target): Promise<string | null> {
  const { sha, runId } = deployment;
  const doing = `looking for the deployment of ${sha} in "${repository}"`;
  const { data } = await client.read(repository, doing, signal, (octokit, request) =>
    octokit.request('GET /repos/{owner}/{repo}/deployments', {
      ...splitRepository(repository),
      sha,
      task,
      per_page: 100,
      request,
    }),
  );
  const own = data.find(({ payload }) => typeof payload === 'object' && payload.run === runId);
  return own === undefined ? null : String(own.id);
}

async function createDeployment({ client, repository, deployment, signal, mayBegin }: Target): Promise<string> {
  const { sha, runId, environment, description } = deployment;
  const { data } = await client.create(
    repository,
    `creating the deployment of ${sha} in "${repository}"`,
    signal,
    (octokit, request) =>
      octokit.request('POST /repos/{owner}/{repo}/deployments', {
        ...splitRepository(repository),
        ref: sha,
        task,
        environment,
        description,
        // GitHub's defaults merge the base branch into the head, and refuse while a check is not green.
        auto_merge: false,
        required_contexts: [],
        transient_environment: true,
        production_environment: false,
        payload: { run: runId },
        request,
      }),
    { mayBegin },
  );
  if ('id' in data) return String(data.id);
  throw new Error(`GitHub made no deployment of ${sha}: ${data.message ?? 'it said nothing'}`);
}

async function addStatus({ client, repository, deployment, signal, mayBegin }: Target, id: number): Promise<void> {
  const { state, url, logUrl, description } = deployment;
  await client.create(
    repository,
    `saying that the deployment ${id} is "${state}"`,
    signal,
    (octokit, request) =>
      octokit.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
        ...splitRepository(repository),
        deployment_id: id,
        state,
        description,
        log_url: logUrl,
        ...(url === null ? {} : { environment_url: url }),
        // Other changes deploy to the same name, and theirs stand as well.
        auto_inactive: false,
        request,
      }),
    { mayBegin },
  );
}
