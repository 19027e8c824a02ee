import { admitWaiting, anyWaiting } from '../store/admission.ts';
import { runById } from '../store/runs.ts';
import type { Player } from './play-run.ts';

/** DESIGN, "What the forge shows": positions are written on entry and then at most every 5 minutes. */
const toldEveryMs = 5 * 60_000;

/**
 * Gives room to the runs whose turn has come, and tells the others their places on the forge. Any number of replicas may do so
 * at the same time: the store lets one decide after the other.
 */
export class AdmissionDesk {
  readonly #player: Player;
  /** By run: when this process told its place last. */
  readonly #toldAt = new Map<string, number>();

  constructor(player: Player) {
    this.#player = player;
  }

  /** Something for `watchQueue` to wait for: one entry while anybody waits. */
  async pending(): Promise<string[]> {
    return (await anyWaiting(this.#player.store)) ? ['desk'] : [];
  }

  async decide(signal: AbortSignal): Promise<void> {
    const { store, stage, room, publish } = this.#player;
    const there = await room(signal);
    const { places } = await store.transaction((tx) => admitWaiting(tx, there));
    const waiting = new Set(places.map((place) => place.id));
    for (const id of this.#toldAt.keys()) if (!waiting.has(id)) this.#toldAt.delete(id);
    const now = stage.now().getTime();
    for (const { id } of places) {
      if (now - (this.#toldAt.get(id) ?? 0) < toldEveryMs) continue;
      this.#toldAt.set(id, now);
      const run = await runById(store, id);
      if (run?.phase === 'queued') await publish(run, { final: false });
    }
  }
}
