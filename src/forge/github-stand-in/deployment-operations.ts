import { GitHubRefusal } from './authenticate.ts';
import { type Call, commitOf, type Operation, page, repositoryOf } from './operation.ts';
import { representDeployment, representDeploymentStatus } from './represent-deployment.ts';
import type { Deployment, DeploymentState } from './world.ts';

interface DeploymentFields {
  ref: string;
  task?: string;
  auto_merge?: boolean;
  required_contexts?: string[];
  payload?: Record<string, unknown> | string;
  environment?: string;
  description?: string | null;
  transient_environment?: boolean;
  production_environment?: boolean;
}

interface StatusFields {
  state: DeploymentState;
  description?: string;
  environment_url?: string;
  log_url?: string;
  auto_inactive?: boolean;
}

const deployments = '/repos/{owner}/{repo}/deployments';

export const deploymentOperations: Operation[] = [
  {
    name: `GET ${deployments}`,
    for: 'installation or user',
    permissions: ['deployments=read'],
    answer(call) {
      const repository = repositoryOf(call);
      const { sha, ref, task, environment } = call.query;
      const found = call.world.deployments.filter(
        (one) =>
          one.repository === repository &&
          (sha === undefined || one.sha === sha) &&
          (ref === undefined || one.ref === ref) &&
          (task === undefined || one.task === task) &&
          (environment === undefined || one.environment === environment),
      );
      const { items, headers } = page(call, found.toReversed());
      return { status: 200, body: items.map((one) => representDeployment(call.world, one)), headers };
    },
  },
  {
    name: `POST ${deployments}`,
    for: 'installation or user',
    permissions: ['deployments=write'],
    answer: async (call) => ({ status: 201, body: representDeployment(call.world, await create(call)) }),
  },
  {
    name: `DELETE ${deployments}/{deployment_id}`,
    for: 'installation or user',
    permissions: ['deployments=write'],
    answer(call) {
      const deployment = deploymentOf(call);
      const { world } = call;
      const others = world.deployments.filter((one) => one.repository === deployment.repository);
      // The only one may always go.
      if (others.length > 1 && deployment.statuses.at(-1)?.state !== 'inactive')
        throw new GitHubRefusal(422, 'We cannot delete an active deployment unless it is the only deployment.');
      world.deployments.splice(world.deployments.indexOf(deployment), 1);
      return { status: 204 };
    },
  },
  {
    name: `GET ${deployments}/{deployment_id}/statuses`,
    for: 'installation or user',
    permissions: ['deployments=read'],
    answer(call) {
      const deployment = deploymentOf(call);
      const { items, headers } = page(call, deployment.statuses.toReversed());
      return {
        status: 200,
        body: items.map((status) => representDeploymentStatus(call.world, deployment, status)),
        headers,
      };
    },
  },
  {
    name: `POST ${deployments}/{deployment_id}/statuses`,
    for: 'installation or user',
    permissions: ['deployments=write'],
    answer(call) {
      const deployment = deploymentOf(call);
      const fields = call.body as StatusFields;
      const status = {
        id: call.world.nextId(),
        state: fields.state,
        description: fields.description ?? '',
        environmentUrl: fields.environment_url ?? '',
        logUrl: fields.log_url ?? '',
        createdAt: call.world.instant(),
      };
      if (fields.state === 'success' && fields.auto_inactive !== false) retireOthers(call, deployment);
      deployment.statuses.push(status);
      return { status: 201, body: representDeploymentStatus(call.world, deployment, status) };
    },
  },
];

/** What GitHub does without being asked: merges the base into the branch, and waits for every check of the commit. */
async function create(call: Call): Promise<Deployment> {
  const { world } = call;
  const repository = repositoryOf(call);
  const fields = call.body as DeploymentFields;
  const sha = await commitOf(repository, fields.ref);
  const contexts = fields.required_contexts;
  const checks = world.checks.filter((check) => check.repository === repository && check.headSha === sha);
  const asked = checks.filter(({ name }) => contexts === undefined || contexts.includes(name));
  const isMissing = (contexts ?? []).some((name) => !asked.some((check) => check.name === name));
  if (isMissing || asked.some(({ conclusion }) => conclusion !== 'success'))
    throw new GitHubRefusal(409, `Conflict: Commit status checks failed for ${fields.ref}.`);
  if (fields.auto_merge !== false && (await repository.git.resolve(repository.defaultBranch)) !== sha)
    throw new GitHubRefusal(409, `Conflict merging ${repository.defaultBranch} into ${fields.ref}.`);
  const deployment: Deployment = {
    id: world.nextId(),
    repository,
    sha,
    ref: fields.ref,
    task: fields.task ?? 'deploy',
    environment: fields.environment ?? 'production',
    description: fields.description ?? null,
    payload: fields.payload ?? {},
    transient: fields.transient_environment ?? false,
    production: fields.production_environment ?? (fields.environment ?? 'production') === 'production',
    createdAt: world.instant(),
    statuses: [],
  };
  world.deployments.push(deployment);
  return deployment;
}

/** `auto_inactive`, the default: a success retires all earlier ones of the same environment that are not transient. */
function retireOthers({ world }: Call, deployment: Deployment): void {
  for (const other of world.deployments) {
    if (other === deployment || other.transient || other.production || other.environment !== deployment.environment)
      continue;
    if (other.repository !== deployment.repository) continue;
    const at = { description: '', environmentUrl: '', logUrl: '', createdAt: world.instant() };
    other.statuses.push({ id: world.nextId(), state: 'inactive', ...at });
  }
}

function deploymentOf(call: Call): Deployment {
  const repository = repositoryOf(call);
  const found = call.world.deployments.find(
    (one) => one.repository === repository && one.id === Number(call.params.deployment_id),
  );
  if (!found) throw new GitHubRefusal(404, 'Not Found');
  return found;
}
