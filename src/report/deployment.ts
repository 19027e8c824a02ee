import type { DeploymentReport } from '../forge/forge.ts';
import { isPreview, type VerdictDocument } from '../verdict/verdict-document.ts';
import { type ReportContext, runUrl } from './report-context.ts';

/** One name for a repository: a name for each change would stay at the forge for ever. */
const environmentName = 'greenroom';

/** The run's environment as a deployment; null while, and where, there is none. PURE. */
export function renderDeployment(document: VerdictDocument, context: ReportContext): DeploymentReport | null {
  const state = stateOf(document);
  if (state === null) return null;
  const { run, environment } = document;
  const url = state !== 'inactive' && environment !== null && isPreview(environment) ? environment.url : null;
  return {
    runId: run.id,
    sha: run.sha,
    environment: environmentName,
    description: run.change === null ? 'Merge queue' : `Change #${run.change}`,
    state,
    url,
    logUrl: runUrl(document, context),
  };
}

function stateOf({ phases, phase, verdict, teardown }: VerdictDocument): DeploymentReport['state'] | null {
  const provisioning = phases.find(({ name }) => name === 'provisioning');
  if (provisioning === undefined || provisioning.startedAt === null) return null;
  if (phase === 'done' && teardown.status !== 'kept') return 'inactive';
  if (provisioning.status === 'passed') return 'success';
  return verdict === null ? 'in_progress' : 'failure';
}
