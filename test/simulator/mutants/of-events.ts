import type { Mutant } from './mutant.ts';

/** Slips in how deliveries are taken, and in what follows from events. */
export const ofEvents: readonly Mutant[] = [
  {
    name: 'accepted-before-durable',
    slip: 'a delivery is answered before it is written down',
    edits: [
      {
        file: 'src/store/delivery-intake.ts',
        find: '      const fresh = await write(batch.map(({ delivery }) => delivery));',
        put: "      for (const { settle } of batch) settle.resolve('new');\n      const fresh = await write(batch.map(({ delivery }) => delivery));",
      },
    ],
  },
  {
    name: 'delivery-ended-before-its-effect',
    slip: 'a delivery is marked handled before what follows from it is written',
    edits: [
      {
        file: 'src/runner/handle-delivery.ts',
        find: '  await handleEvent(work, delivery.event, (tx) => finishDelivery(tx, delivery.id), signal);',
        put: '  if (!(await work.store.transaction((tx) => finishDelivery(tx, delivery.id)))) return;\n  await handleEvent(work, delivery.event, async () => true, signal);',
      },
    ],
  },
  {
    name: 'wake-ups-trusted',
    slip: 'deliveries are looked for only when a job says so',
    edits: [
      {
        file: 'src/runner/work-queues.ts',
        find: '(work.events === null ? [] : unhandledDeliveries(store, now))',
        put: '(work.events === null || now.getTime() > 0 ? [] : unhandledDeliveries(store, now))',
      },
    ],
  },
  {
    name: 'delivery-given-up',
    slip: 'a delivery that cannot be handled the first time is marked handled',
    edits: [
      {
        file: 'src/runner/work-queues.ts',
        find: '(tx) => postponeDelivery(tx, id, { retryAt, reason: explain(error), isRefusal })',
        put: '(tx) => finishDelivery(tx, id)',
      },
      {
        file: 'src/runner/work-queues.ts',
        find: 'import { claimDelivery, postponeDelivery,',
        put: 'import { claimDelivery, finishDelivery, postponeDelivery,',
      },
    ],
  },
  {
    name: 'missed-heads',
    slip: 'reconciling compares which changes are open, not their heads',
    edits: [
      {
        file: 'src/event/missed-events.ts',
        find: "  if (known.headSha !== headSha) return [{ kind: 'head-moved', change, headSha, draft }];\n",
        put: '',
      },
    ],
  },
  {
    name: 'missed-opens',
    slip: 'reconciling looks only at changes that it knows',
    edits: [
      {
        file: 'src/event/missed-events.ts',
        find: "    return [{ kind: 'change-opened', change, headSha, draft, how: 'opened' }];",
        put: '    return [];',
      },
    ],
  },
  {
    name: 'missed-closes',
    slip: 'reconciling does not notice that a change is no longer listed',
    edits: [
      {
        file: 'src/event/missed-events.ts',
        find: '    (change) => !change.closed && !listed',
        put: '    (change) => change.closed && !listed',
      },
    ],
  },
  {
    name: 'reopen-forgotten',
    slip: 'how the forge has a change is not remembered when it is looked at',
    edits: [
      {
        file: 'src/store/changes.ts',
        find: '.set({ closed, draft, base_ref: baseRef, updated_at: tx.now })',
        put: '.set({ base_ref: baseRef, updated_at: tx.now })',
      },
    ],
  },
  {
    name: 'head-tested-before-is-let-be',
    slip: 'a head that moved back to a commit tested before is no news',
    edits: [
      {
        file: 'src/event/decide.ts',
        find: 'validatedShas.includes(headSha) && newestHeadSha === headSha && !repeats',
        put: 'validatedShas.includes(headSha) && !repeats',
      },
    ],
  },
  {
    name: 'skipped-without-a-run',
    slip: 'what a rule skips gets no run, and so no word',
    edits: [
      {
        file: 'src/runner/apply-decision.ts',
        find: '      await start(tx, subject, triggerOf(event), null, decision.supersedes);\n',
        put: '',
      },
    ],
  },
  {
    name: 'commands-not-remembered',
    slip: 'a comment is not claimed with what its command leads to',
    edits: [
      {
        file: 'src/store/deliveries.ts',
        find: "  const inserted = await tx.db\n    .insertInto('comments')",
        put: "  if (commentId !== '') return true;\n  const inserted = await tx.db\n    .insertInto('comments')",
      },
    ],
  },
];
