import type { Mutant } from './mutant.ts';

/** Slips in teardown, its receipts, and who may have the room. */
export const ofTeardowns: readonly Mutant[] = [
  {
    name: 'teardown-shares-the-runs-signal',
    slip: 'what ends a run ends its teardown as well',
    edits: [
      {
        file: 'src/runner/play-run.ts',
        find: '    await finishRun(player, { recorder, lease });',
        put: "    abort.signal.throwIfAborted();\n    await Promise.race([finishRun(player, { recorder, lease }), once(abort.signal, 'abort').then(() => abort.signal.throwIfAborted())]);",
      },
    ],
  },
  {
    name: 'rows-trusted-over-labels',
    slip: 'the reaper believes the rows: what a run of ours has a row for is none of its business, receipt or not',
    edits: [
      {
        file: 'src/runner/reconcile.ts',
        find: '  for (const { runId } of standing) if (await store',
        put: "  const rows = await store.db.selectFrom('teardowns').select('run_id').where('state', '<>', 'gone').execute();\n  const ours = new Set(rows.map((row) => row.run_id));\n  for (const { runId } of standing) if (ours.has(runId) && await store",
      },
    ],
  },
  {
    name: 'gone-when-nobody-can-be-asked',
    slip: 'a cluster that cannot be asked has nothing of ours in it',
    edits: [
      {
        file: 'src/runner/tear-down-run.ts',
        find: "      environment: run.environmentName,\n      status: 'blocked',",
        put: "      environment: run.environmentName,\n      status: 'gone',",
      },
    ],
  },
  {
    name: 'blocked-is-an-end',
    slip: 'a teardown that is blocked is not tried again',
    edits: [
      {
        file: 'src/store/teardowns.ts',
        find: "      .where('teardowns.state', '<>', word('gone'))\n      // What waits",
        put: "      .where('teardowns.state', 'in', ['promised', 'kept'])\n      // What waits",
      },
    ],
  },
  {
    name: 'blocked-is-not-said',
    slip: 'an attempt that fails leaves the teardown as it was',
    edits: [
      {
        file: 'src/store/teardowns.ts',
        find: "receipt.status === 'pending' ? 'promised' : receipt.status",
        put: "receipt.status === 'gone' ? 'gone' : 'promised'",
      },
    ],
  },
  {
    name: 'hold-not-renewed',
    slip: 'a teardown is held for as long as a usual one takes',
    edits: [
      {
        file: 'src/runner/tear-down-due.ts',
        find: '((await store.transaction((tx) => renewTeardown(tx, hold))) ? hold : null)',
        put: 'hold',
      },
    ],
  },
  {
    name: 'torn-down-by-two',
    slip: 'whoever finds a teardown takes it, held or not',
    edits: [
      {
        file: 'src/store/teardowns.ts',
        find: "      .where((of) => of.or([of('held_until', 'is', null), of('held_until', '<=', free)]))\n",
        put: '',
      },
    ],
  },
  {
    name: 'keep-outlives-its-change',
    slip: 'a kept environment is not told that its change was closed',
    edits: [
      {
        file: 'src/runner/apply-decision.ts',
        find: '  if ((await requestCancel(tx, runId, reason)) === null) await hastenTeardown(tx, runId);',
        put: '  await requestCancel(tx, runId, reason);',
      },
    ],
  },
  {
    name: 'room-without-a-receipt',
    slip: 'room comes back with the end of the run, not with its receipt',
    edits: [
      {
        file: 'src/store/admission.ts',
        find: "    .where('teardowns.state', '<>', word('gone'))\n    .where('admitted_at', 'is not', null)",
        put: "    .where('phase', '<>', 'done')\n    .where('admitted_at', 'is not', null)",
      },
    ],
  },
  {
    name: 'room-given-twice',
    slip: 'who was admitted just now is not counted for the next one',
    edits: [
      {
        file: 'src/run/admission.ts',
        find: '      room = minus(room, next.demand);\n',
        put: '',
      },
    ],
  },
  {
    name: 'overtaken-for-ever',
    slip: 'who does not fit is overtaken however long it has waited',
    edits: [
      {
        file: 'src/run/admission.ts',
        find: '      closed ||= waitedEnough(next, now);\n',
        put: '',
      },
    ],
  },
];
