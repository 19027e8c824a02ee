import type { VersionRange } from './tools.ts';

/**
 * The first dotted version in what a tool printed: `Kubernetes v1.35.4`, `k6 v2.2.0 (go1.26.8, ...)`, `CoreDNS-1.14.0`.
 * A trailing pre-release or build tag is dropped.
 */
export function versionInOutput(output: string): string | null {
  return /(?:^|[\sv-])(\d+\.\d+(?:\.\d+)?)/m.exec(output)?.[1] ?? null;
}

export function acceptsVersion(range: VersionRange, version: string): boolean {
  return compareVersions(version, range.atLeast) >= 0 && compareVersions(version, range.below) < 0;
}

/** Negative when `left` is older. A missing part counts as 0. */
export function compareVersions(left: string, right: string): number {
  const leftParts = left.split('.').map(Number);
  const rightParts = right.split('.').map(Number);
  for (let index = 0; index < Math.max(leftParts.length, rightParts.length); index += 1) {
    const difference = (leftParts[index] ?? 0) - (rightParts[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
