import { explain } from '../errors.ts';
import { apiGet } from './api-request.ts';
import type { Kubernetes } from './kubernetes.ts';

/** Whether the API server answers, and with which version. Never rejects, and never takes longer than a request may. */
export async function clusterAnswers(kubernetes: Kubernetes): Promise<{ ok: boolean; detail: string }> {
  try {
    const { gitVersion } = await apiGet<{ gitVersion: string }>(kubernetes, '/version', new AbortController().signal);
    return { ok: true, detail: `${kubernetes.context}, Kubernetes ${gitVersion}` };
  } catch (error) {
    return { ok: false, detail: `${kubernetes.context}: ${explain(error)}` };
  }
}
