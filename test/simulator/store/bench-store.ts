import { stdout } from 'node:process';
import { createRun } from '../../../src/store/create-run.ts';
import { claimRun, releaseRun, renewLease } from '../../../src/store/leases.ts';
import { runById } from '../../../src/store/runs.ts';
import { saveRun } from '../../../src/store/save-run.ts';
import type { Store } from '../../../src/store/store.ts';
import { wantedRun } from '../../store/sample-run.ts';
import { SimulatedDatabase } from './simulated-database.ts';

/** `node test/simulator/store/bench-store.ts [rounds]`: processor time of the store for simulations, best of 25 spells. */
const rounds = Number(process.argv[2] ?? 200);
const openedAt = usedMs();
const database = new SimulatedDatabase();
let statements = 0;
const faults = {
  statement: () => {
    statements += 1;
  },
};
const { store } = await database.replica({ clock: () => new Date(), faults });
say('open and migrate', usedMs() - openedAt, 1);

const again = usedMs();
await new SimulatedDatabase().replica({ clock: () => new Date() });
say('open another database', usedMs() - again, 1);

let created = 0;
await measure('create a run', async () => {
  const id = created++;
  await store.transaction((tx) => createRun(tx, wantedRun(`r${id}`, { change: Math.floor(id / 5) })));
});
await measure('claim, renew, save, release', () => cycle(store));
await measure('read a run', async () => {
  await runById(store, 'r0');
});

async function cycle({ transaction }: Store): Promise<void> {
  const claim = await transaction((tx) => claimRun(tx, 'r0', 'a'));
  if (claim === null) throw new Error('nobody holds r0');
  await transaction((tx) => renewLease(tx, claim.hold, tx.now));
  await transaction((tx) => saveRun(tx, { ...claim.run, phase: 'testing' }, claim.hold));
  await transaction((tx) => releaseRun(tx, claim.hold));
}

async function measure(what: string, work: () => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round++) await work();
  let [bestMs, perRound] = [Number.POSITIVE_INFINITY, 0];
  for (let attempt = 0; attempt < 25; attempt++) {
    const [from, before] = [usedMs(), statements];
    for (let round = 0; round < rounds; round++) await work();
    bestMs = Math.min(bestMs, usedMs() - from);
    perRound = (statements - before) / rounds;
  }
  say(what, bestMs, rounds, perRound);
}

/** On a busy machine the wall clock would measure the others. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function say(what: string, ms: number, count: number, statementsEach = 0): void {
  const each = (ms * 1_000) / count;
  const per =
    statementsEach === 0 ? '' : `, ${statementsEach} statements, ${(each / statementsEach).toFixed(1)} us each`;
  const rate = statementsEach === 0 ? '' : `, ${Math.round((1e6 * statementsEach) / each)} statements/s`;
  stdout.write(`${what}: ${each.toFixed(1)} us${per}${rate}\n`);
}
