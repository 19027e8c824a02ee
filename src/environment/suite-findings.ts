import type { Pod } from './cluster-state.ts';
import { ownerOf } from './components.ts';
import type { Finding } from './not-ready.ts';
import { findingOfPod } from './pod-findings.ts';

/** PURE. What keeps suite pods from starting. What happens inside them later is for `src/suites/` to tell. */
export function findingOfSuitePods(pods: Pod[], now: number): Finding[] {
  return pods.flatMap((pod) => {
    const finding = findingOfPod(pod, ownerOf(pod), now);
    if (!finding || !['IMAGE_PULL', 'UNSCHEDULABLE', 'CONTAINER_CONFIG'].includes(finding.code)) return [];
    const { pod: _pod, ...rest } = finding;
    // Our pods: never the change's fault.
    return [{ ...rest, class: finding.class === 'product' ? ('infrastructure' as const) : finding.class }];
  });
}
