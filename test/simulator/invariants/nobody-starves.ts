import { overtakingEndsMs } from '../../../src/run/admission.ts';
import type { Invariant } from './invariant.ts';

interface Row {
  id: string;
  created_at: number;
  admitted_at: number | null;
}

export const nobodyStarves: Invariant = {
  name: 'nobody-starves',
  promise: 'a run that has waited its time is overtaken by nobody that came after it',
  checked: 'after every step',
  watch: ({ world, broken }) => {
    const admitted = new Set<string>();
    return {
      on: (entry) => {
        if (entry.kind !== 'run-row' || !entry.isAdmitted || admitted.has(entry.runId)) return;
        admitted.add(entry.runId);
        const [run] = world.rows<Row>('select id, created_at, admitted_at from runs where id = ?', entry.runId);
        if (run === undefined || run.admitted_at === null) return;
        const [starving] = world.rows<Row>(
          `select id, created_at, admitted_at from runs where phase = 'queued' and demand is not null
           and admitted_at is null and cancel is null and created_at < ? and created_at <= ? order by created_at limit 1`,
          run.created_at,
          run.admitted_at - overtakingEndsMs,
        );
        if (starving === undefined) return;
        const waitedMs = run.admitted_at - starving.created_at;
        broken(starving.id, `after ${waitedMs} ms of waiting it was overtaken by ${run.id}`);
      },
    };
  },
};
