import type { Surroundings } from './surroundings.ts';
import type { Snapshot } from './world.ts';

const tables = [
  'deliveries',
  'comments',
  'changes',
  'runs',
  'checks',
  'teardowns',
  'run_log',
  'approvals',
  'shared_secrets',
  'admission',
] as const satisfies readonly (keyof Snapshot['rows'])[];

/** A copy of everything. */
export function snapshot({ clock, forge, cluster, stacks, database }: Surroundings): Snapshot {
  const rows = Object.fromEntries(tables.map((table) => [table, database.peek(`select * from ${table}`)]));
  return structuredClone({
    atMs: clock.nowMs,
    changes: [...forge.changes.values()],
    queue: forge.queue,
    checks: [...forge.checks.values()],
    comments: [...forge.comments.values()].map(({ ownReactions: _, ...comment }) => comment),
    namespaces: [...cluster.namespaces.values()].map(
      ({ name, uid, labels, runId, createdAtMs, terminatingSinceMs }) => ({
        name,
        uid,
        labels,
        runId,
        createdAtMs,
        terminatingSinceMs,
      }),
    ),
    stacks: [...stacks],
    rows: rows as Snapshot['rows'],
  });
}
