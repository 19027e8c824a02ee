import type { Entry, Invariant } from './invariant.ts';

const atWork = ['image', 'provisioning', 'testing'];

export const wantedEnvironmentsStand: Invariant = {
  name: 'wanted-environments-stand',
  promise: 'the environment of a live run that is wanted, or that somebody keeps, is never torn down',
  checked: 'after every step',
  watch: ({ world, known, broken }) => {
    const isDue = ({ dueMs }: Entry<'teardown-row'>) => dueMs <= world.clock.wallMs('database');
    return {
      on: (entry) => {
        if (entry.kind !== 'namespace-deleted') return;
        const run = known.runs.get(entry.runId);
        const teardown = known.teardowns.get(entry.runId);
        if (run === undefined || teardown === undefined || isDue(teardown)) return;
        const isWanted = run.cancel === null && known.unwantedSince(run) === null;
        if (atWork.includes(run.phase) && isWanted)
          broken(entry.runId, `${entry.owner} deleted "${entry.name}" in its ${run.phase}`);
        if (teardown.state === 'kept') broken(entry.runId, `${entry.owner} deleted "${entry.name}", which is kept`);
      },
    };
  },
};
