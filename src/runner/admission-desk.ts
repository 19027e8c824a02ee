import { admitWaiting, anyWaiting, takePlacesToTell } from '../store/admission.ts';
import { runById } from '../store/runs.ts';
import type { Player } from './play-run.ts';

/** DESIGN, "What the forge shows": positions are written on entry and then at most every 5 minutes. */
const toldEveryMs = 5 * 60_000;
/** Where nobody is woken, by a change of room or of who waits, one of the replicas decides as often as each of them looks. */
const decidedEveryMs = 1_800;

/**
 * Gives room to the runs whose turn has come, and tells the others their places on the forge: the first time is their player's
 * (`playRun`). Any number of replicas may do so at the same time: the store lets one decide after the other, and a place is
 * told by one alone.
 */
export class AdmissionDesk {
  readonly #player: Player;

  constructor(player: Player) {
    this.#player = player;
  }

  /** Something for `watchQueue` to wait for: one entry while anybody waits, and no replica has decided just now. */
  async pending(now: Date): Promise<string[]> {
    return (await anyWaiting(this.#player.store, new Date(now.getTime() - decidedEveryMs))) ? ['desk'] : [];
  }

  async decide(signal: AbortSignal): Promise<void> {
    const { store, room, publish } = this.#player;
    const there = await room(signal);
    const told = await store.transaction(async (tx) => {
      await admitWaiting(tx, there);
      return await takePlacesToTell(tx, toldEveryMs);
    });
    for (const id of told) {
      const run = await runById(store, id);
      if (run?.phase === 'queued') await publish(run, { final: false });
    }
  }
}
