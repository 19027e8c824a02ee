import { representApp, representUser } from './represent-people.ts';
import { repositoryUrl } from './represent-repository.ts';
import { type Deployment, type DeploymentStatus, nodeId, type World } from './world.ts';

/** A deployment as the API answers it (`deployment`). */
export function representDeployment(world: World, deployment: Deployment) {
  const repositoryAddress = repositoryUrl(world, deployment.repository);
  const url = `${repositoryAddress}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: representUser(world, world.app.bot),
    created_at: deployment.createdAt,
    updated_at: deployment.statuses.at(-1)?.createdAt ?? deployment.createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: repositoryAddress,
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: representApp(world),
  };
}

export function representDeploymentStatus(world: World, deployment: Deployment, status: DeploymentStatus) {
  const repositoryAddress = repositoryUrl(world, deployment.repository);
  const deploymentUrl = `${repositoryAddress}/deployments/${deployment.id}`;
  return {
    url: `${deploymentUrl}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: representUser(world, world.app.bot),
    description: status.description,
    environment: deployment.environment,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: deploymentUrl,
    repository_url: repositoryAddress,
    // GitHub says "" where there is none, which its own description does not allow.
    ...(status.environmentUrl === '' ? {} : { environment_url: status.environmentUrl }),
    ...(status.logUrl === '' ? {} : { target_url: status.logUrl, log_url: status.logUrl }),
    performed_via_github_app: representApp(world),
  };
}
