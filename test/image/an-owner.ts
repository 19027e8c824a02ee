import type { Ownership } from '../../infra/labels.ts';

/** Who test objects belong to: an instance of its own, so that no real sweep would touch them. */
export function anOwner(runId: string): Ownership {
  return {
    instance: 'image-tests',
    runId,
    changeId: 'c0ffee',
    expiresAt: Math.floor(Date.now() / 1000) + 600,
    repository: 'greenroom/tests',
    changeNumber: 7,
    sha: 'f'.repeat(40),
  };
}
