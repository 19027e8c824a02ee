/** Room for `-suites` and `-build` behind it in a DNS label of 63. */
const maxLength = 50;

/**
 * PURE. The environment's name, which is its namespace's and its stack's: `gr-<repository>-<change>-<run id>`. The run id
 * makes it one that was never used before (DESIGN, rule 7); the rest is for people.
 */
export function environmentName({
  repository,
  change,
  runId,
}: {
  repository: string;
  change: number | 'local' | 'queue';
  runId: string;
}): string {
  const tail = `${change}-${runId}`.toLowerCase();
  const name = repository.split('/').at(-1) ?? '';
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, Math.max(0, maxLength - tail.length - 'gr--'.length))
    .replaceAll(/^-+|-+$/g, '');
  return `gr-${slug === '' ? '' : `${slug}-`}${tail}`;
}
