import type { Invariant } from './invariant.ts';

export const everythingEnds: Invariant = {
  name: 'everything-ends',
  promise: 'every run ends with a verdict and a receipt, and no row waits for somebody who never comes',
  checked: 'at quiescence',
  watch: ({ broken }) => ({
    atEnd: ({ rows }, { isQuiet, left }) => {
      if (!isQuiet) broken('the world', `it does not come to rest: ${left.slice(0, 5).join('; ')}`);
      const teardowns = new Map(rows.teardowns.map((row) => [row.run_id, row]));
      for (const run of rows.runs) {
        const id = String(run.id);
        const teardown = teardowns.get(id);
        if (run.phase !== 'done') broken(id, `it stays in its ${run.phase} (cancel: ${run.cancel})`);
        else if (teardown === undefined) broken(id, 'no teardown was ever promised for it');
        else if (teardown.state !== 'gone' && teardown.state !== 'kept')
          broken(id, `its teardown stays ${teardown.state}`);
        else if (teardown.state === 'gone' && teardown.receipt === null) broken(id, 'it is gone without a receipt');
      }
    },
  }),
};
