import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { suitesNamespaceOf } from '../../infra/environment-spec.ts';
import { apiRequest } from '../kubernetes/api-request.ts';
import { execInPod } from '../kubernetes/exec.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { Pod } from './cluster-state.ts';

export interface ProbeAnswer {
  answers: boolean;
  /** What came last: `answered 503`, `ECONNREFUSED`. */
  last: string;
}

/** Asks again every 50 ms for 4 s: a pod counts as ready a little before its Service routes to it. */
const probeScript = `
const url = process.argv[1], end = Date.now() + 4000;
let last = 'nothing', answers = false;
while (!answers && Date.now() < end) {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2000) });
    last = 'answered ' + response.status;
    answers = response.status < 500;
  } catch (error) {
    last = String(error.cause?.code ?? error.cause?.message ?? error.message);
  }
  if (!answers) await new Promise((resume) => setTimeout(resume, 50));
}
console.log(JSON.stringify({ answers, last }));
`;

/** A warm suite pod whose sidecar can run the probe. */
export function probingPod(suitePods: Pod[]): Pod | null {
  const canProbe = (pod: Pod) =>
    pod.metadata.deletionTimestamp === undefined &&
    pod.status?.initContainerStatuses?.some((status) => status.name === 'files' && status.state?.running);
  return suitePods.find(canProbe) ?? null;
}

/**
 * Whether the entry answers (any status below 500), seen from where the suites stand. An environment without suites is
 * asked through the API server's service proxy instead.
 * @throws RunError EXEC_REFUSED, EXEC_LOST, CLUSTER_UNREACHABLE (retry); the signal's reason when aborted
 */
export async function probeEntry(
  kubernetes: Kubernetes,
  spec: EnvironmentSpec,
  url: string,
  pod: Pod | null,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  if (!pod) return await probeThroughApiServer(kubernetes, spec, signal);
  const result = await execInPod(kubernetes, {
    namespace: suitesNamespaceOf(spec.name),
    pod: pod.metadata.name,
    container: 'files',
    command: ['/usr/bin/node', '--input-type=module', '-e', probeScript, url],
    signal,
  });
  if (result.exitCode === 0) return JSON.parse(result.stdout) as ProbeAnswer;
  return { answers: false, last: `the probe exited with code ${result.exitCode}: ${result.stderr.slice(0, 200)}` };
}

async function probeThroughApiServer(
  kubernetes: Kubernetes,
  spec: EnvironmentSpec,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const { service, port } = spec.entry;
  const path = `/api/v1/namespaces/${spec.name}/services/${service}:${port}/proxy/`;
  const { status } = await apiRequest(kubernetes, { path, signal, accept: 'text/plain, */*' });
  return { answers: status < 500, last: `answered ${status}` };
}
