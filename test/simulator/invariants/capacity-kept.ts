import type { Demand } from '../../../src/run/demand.ts';
import type { Invariant } from './invariant.ts';

export const capacityKept: Invariant = {
  name: 'capacity-kept',
  promise: 'what is admitted and not yet proven gone never asks for more than the cluster has',
  checked: 'after every step',
  watch: ({ world, known, capacity, broken }) => ({
    on: (entry) => {
      const isNews = entry.kind === 'teardown-row' || (entry.kind === 'run-row' && entry.isAdmitted);
      if (!isNews) return;
      const rows = world.rows<{ id: string; demand: string }>(
        `select runs.id, demand from runs join teardowns on teardowns.run_id = runs.id
         where admitted_at is not null and demand is not null and teardowns.state <> 'gone'`,
      );
      const taken = { millicores: 0, bytes: 0, pods: 0 };
      // A receipt that had to be taken back gave room away that was not there: that is `late-effects-repaired`.
      for (const { demand } of rows.filter(({ id }) => !known.reopened.has(id))) {
        const asked = JSON.parse(demand) as Demand;
        for (const what of ['millicores', 'bytes', 'pods'] as const)
          taken[what] += Math.min(asked[what], capacity[what]);
      }
      for (const what of ['millicores', 'bytes', 'pods'] as const) {
        if (taken[what] <= capacity[what]) continue;
        broken(rows.map(({ id }) => id).join(' '), `they reserve ${taken[what]} ${what} of ${capacity[what]}`);
      }
    },
  }),
};
