import type { Mutant } from './mutant.ts';

/** Slips in who plays a run, and what they look at before they act. */
export const ofRuns: readonly Mutant[] = [
  {
    name: 'no-look-before-create',
    slip: 'the change is not read again before its environment is created',
    edits: [
      {
        file: 'src/runner/perform-run.ts',
        find: "  await stillWanted(performance);\n  await recorder.tell({ kind: 'phase-started', phase: 'provisioning' });",
        put: "  await recorder.tell({ kind: 'phase-started', phase: 'provisioning' });",
      },
      {
        file: 'src/runner/perform-run.ts',
        find: "  await stillWanted(performance);\n  const reading = await readPlan(source, recorder.run, change, signal);\n  if (reading.kind === 'skip')",
        put: "  const reading = await readPlan(source, recorder.run, change, signal);\n  if (reading.kind === 'skip')",
      },
    ],
  },
  {
    name: 'no-look-before-go',
    slip: 'the change is not read again before its suites begin',
    edits: [
      {
        file: 'src/runner/perform-run.ts',
        find: '    await stillWanted(performance);\n    await lease.enough();\n    await suites.go();',
        put: '    await lease.enough();\n    await suites.go();',
      },
      {
        file: 'src/runner/perform-run.ts',
        find: '    await stillWanted(performance);\n    await suites.warm();',
        put: '    await suites.warm();',
      },
    ],
  },
  {
    name: 'fence-not-checked',
    slip: 'whoever renews or saves a run is not asked whether it is still theirs, and no freeze is noticed',
    edits: [
      {
        file: 'src/store/leases.ts',
        find: "    .set({ lease_until: until })\n    .where('id', '=', runId)\n    .where('fence', '=', fence)\n    .where('lease_owner', '=', owner)\n",
        put: "    .set({ lease_until: until })\n    .where('id', '=', runId)\n",
      },
      {
        file: 'src/runner/lease.ts',
        find: 'this.#endsAt - performance.now()',
        put: 'leaseMs',
      },
      {
        file: 'src/store/save-run.ts',
        find: "        .where('fence', '=', fence)\n        .where('lease_owner', '=', owner)\n",
        put: '',
      },
      {
        file: 'src/runner/recorder.ts',
        find: 'if (!(await store.transaction(save))) throw leaseLost(hold);',
        put: 'await store.transaction(save);',
      },
    ],
  },
  {
    name: 'no-lease-asked-for',
    slip: 'an effect begins without asking how much of the lease is left',
    edits: [
      {
        file: 'src/runner/lease.ts',
        find: '    while (this.leftMs < forMs) {',
        put: '    while (this.leftMs < 0) {',
      },
    ],
  },
  {
    name: 'lease-renewed-too-seldom',
    slip: 'the lease is renewed once a minute',
    edits: [{ file: 'src/runner/keep-lease.ts', find: 'const everyMs = 1_000;', put: 'const everyMs = 60_000;' }],
  },
  {
    name: 'cancel-not-heard',
    slip: 'whoever plays a run does not hear that somebody asked it to end',
    edits: [
      {
        file: 'src/runner/play-run.ts',
        find: '        if (cancel !== null) abort.abort(new EndedEarly(cancel));\n',
        put: '',
      },
    ],
  },
  {
    name: 'nobody-takes-over',
    slip: 'only runs that nobody has begun are looked for: what a dead player left waits for ever',
    edits: [
      {
        file: 'src/store/leases.ts',
        find: "    .where((of) => of.or([of('lease_until', 'is', null), of('lease_until', '<=', free)]))\n    .where(mayBePlayed)\n    .orderBy('created_at')",
        put: "    .where('lease_until', 'is', null)\n    .where(mayBePlayed)\n    .orderBy('created_at')",
      },
    ],
  },
  {
    name: 'taken-over-at-once',
    slip: 'a run is taken over although its player holds its lease',
    edits: [
      {
        file: 'src/store/leases.ts',
        find: "    .where('phase', '<>', word('done'))\n    .where((of) => of.or([of('lease_until', 'is', null), of('lease_until', '<=', free)]))\n    .where(mayBePlayed)\n    .returningAll()",
        put: "    .where('phase', '<>', word('done'))\n    .where(mayBePlayed)\n    .returningAll()",
      },
      {
        file: 'src/store/leases.ts',
        find: "    .where((of) => of.or([of('lease_until', 'is', null), of('lease_until', '<=', free)]))\n    .where(mayBePlayed)\n    .orderBy('created_at')",
        put: "    .where(mayBePlayed)\n    .orderBy('created_at')",
      },
    ],
  },
  {
    name: 'older-runs-go-on',
    slip: 'a new run of a change does not end the older ones',
    edits: [
      {
        file: 'src/store/create-run.ts',
        find: 'const superseded = await supersede(tx, change.id, run.id);',
        put: 'const superseded: StoredRun[] = [];',
      },
    ],
  },
  {
    name: 'teardown-not-promised',
    slip: 'the teardown is not written down with the run',
    edits: [
      {
        file: 'src/store/create-run.ts',
        find: "  await tx.db\n    .insertInto('teardowns')",
        put: "  if (run.number === -1) await tx.db\n    .insertInto('teardowns')",
      },
    ],
  },
];
