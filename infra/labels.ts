/**
 * The labels and annotations on everything that Greenroom creates (DESIGN, rule 3). Values of labels are ids and epoch
 * seconds; names and times for people stand in annotations.
 */
export const labelPrefix = 'greenroom.dev/';

export const labels = {
  instance: 'greenroom.dev/instance',
  run: 'greenroom.dev/run',
  /** The change's id in our store: a hash of repository and number, DNS-1123. */
  change: 'greenroom.dev/change',
  /** Epoch seconds. */
  expiresAt: 'greenroom.dev/expires-at',
  /** `application`, `suites`, `build` or `probe`: which of our namespaces this is. */
  role: 'greenroom.dev/role',
  suite: 'greenroom.dev/suite',
} as const;

export const annotations = {
  repository: 'greenroom.dev/repository',
  changeNumber: 'greenroom.dev/change-number',
  sha: 'greenroom.dev/sha',
  expires: 'greenroom.dev/expires',
  /** On the operator's Secrets: the repositories whose changes may use it, such as `acme/shop, acme/*`. */
  repositories: 'greenroom.dev/repositories',
} as const;

export type NamespaceRole = 'application' | 'suites' | 'build' | 'probe';

export interface Ownership {
  instance: string;
  runId: string;
  changeId: string;
  /** Epoch seconds. */
  expiresAt: number;
  repository: string;
  changeNumber: number | null;
  sha: string;
}

export function ownershipLabels(owner: Ownership): Record<string, string> {
  return {
    [labels.instance]: owner.instance,
    [labels.run]: owner.runId,
    [labels.change]: owner.changeId,
    [labels.expiresAt]: String(owner.expiresAt),
  };
}

export function ownershipAnnotations(owner: Ownership): Record<string, string> {
  return {
    [annotations.repository]: owner.repository,
    [annotations.changeNumber]: owner.changeNumber === null ? '' : String(owner.changeNumber),
    [annotations.sha]: owner.sha,
    [annotations.expires]: new Date(owner.expiresAt * 1000).toISOString(),
  };
}
