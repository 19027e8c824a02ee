import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../src/log.ts';
import { openStore } from '../src/store/open-store.ts';
import { startPostgres } from '../test/store/postgres-server.ts';
import { type Figure, figureOf, median } from './figure.ts';
import { aQueuedRun } from './many-runs.ts';
import type { BenchStage } from './stage.ts';

const playerFile = fileURLToPath(new URL('./take-over-player.ts', import.meta.url));
const target = 45;

/** From SIGKILL of the replica that plays a run to the claim of another one, two processes on one real PostgreSQL. */
export async function measureTakeOver({ rounds, say }: BenchStage): Promise<Figure[]> {
  const server = await startPostgres();
  const players: ChildProcess[] = [];
  try {
    const databaseUrl = await server.freshDatabase();
    const store = await openStore({ databaseUrl }, { log: silentLog() });
    await aQueuedRun(store, 1).finally(() => store.close());
    const start = async () => {
      const player = fork(playerFile, [], { env: { ...process.env, DATABASE_URL: databaseUrl } });
      players.push(player);
      const taken = told(player, 'taken');
      await told(player, 'ready');
      return { player, taken };
    };
    const times: number[] = [];
    let playing = await start();
    await playing.taken;
    for (let round = 0; round < rounds; round++) {
      const heir = await start();
      const begun = performance.now();
      playing.player.kill('SIGKILL');
      await heir.taken;
      times.push((performance.now() - begun) / 1_000);
      say(`taken over after ${times.at(-1)?.toFixed(1)} s`);
      playing = heir;
    }
    const value = median(times);
    return [
      figureOf({ name: 'run taken over after SIGKILL (PostgreSQL)', unit: 's', value, most: target, rounds: times }),
    ];
  } finally {
    for (const player of players) player.kill('SIGKILL');
    await server.stop();
  }
}

function told(player: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    player.on('message', (message) => message === word && resolve());
    player.once('exit', (code) => reject(new Error(`a player ended with ${code} before it was ${word}`)));
  });
}
