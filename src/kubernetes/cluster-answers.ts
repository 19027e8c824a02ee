import { explain } from '../errors.ts';
import type { Kubernetes } from './kubernetes.ts';

/** Whether the API server answers, and with which version. Never rejects. */
export async function clusterAnswers(kubernetes: Kubernetes): Promise<{ ok: boolean; detail: string }> {
  try {
    const { gitVersion } = await kubernetes.version.getCode();
    return { ok: true, detail: `${kubernetes.context}, Kubernetes ${gitVersion}` };
  } catch (error) {
    return { ok: false, detail: `${kubernetes.context}: ${explain(error)}` };
  }
}
