import type { Run } from './run.ts';

/** What a run validates, for people: `acme/shop #7`, `acme/shop merge queue main/pr-7-1a2b3c4`, or a working tree's name. PURE. */
export function subjectName({ repository, change, queueRef }: Pick<Run, 'repository' | 'change' | 'queueRef'>): string {
  if (change !== null) return `${repository} #${change}`;
  return queueRef === null ? repository : `${repository} merge queue ${branchName(queueRef)}`;
}

/** What every such branch begins with says nothing; of a SHA its beginning is enough. PURE. */
export function branchName(queueRef: string): string {
  const name = queueRef.replace(/^refs\/heads\//, '').replace(/^gh-readonly-queue\//, '');
  return name.replace(/[0-9a-f]{40,64}/g, (sha) => sha.slice(0, 7));
}
