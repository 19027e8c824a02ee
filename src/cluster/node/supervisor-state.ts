import { pid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../../errors.ts';
import { type NodeState, type PartState, writeNodeState } from '../cluster-state.ts';
import type { PartName } from '../embedded-cluster.ts';

/** What `status` shows, written to the cluster's folder soon after it changes. */
export class SupervisorState {
  #state: NodeState;
  #startedAt: Date;
  #folder: string;
  #writing = false;

  constructor(folder: string, startedAt: Date, parts: PartName[]) {
    this.#folder = folder;
    this.#startedAt = startedAt;
    const fresh = { condition: 'waiting', innerPid: null, restarts: 0, lastError: null, readyAfterMs: null } as const;
    this.#state = {
      startedAt: startedAt.toISOString(),
      innerPid: pid,
      nodeReady: false,
      readyAfterMs: null,
      parts: parts.map((name) => ({ name, ...fresh })),
      notes: [],
    };
    void this.#writeSoon();
  }

  elapsedMs(): number {
    return Date.now() - this.#startedAt.getTime();
  }

  hasAnswered(name: PartName): boolean {
    return this.#state.parts.some((part) => part.name === name && part.readyAfterMs !== null);
  }

  update(name: PartName, change: Partial<PartState>): void {
    const parts = this.#state.parts.map((part) => (part.name === name ? { ...part, ...change } : part));
    this.#replace({ ...this.#state, parts });
  }

  setNodeReady(nodeReady: boolean): void {
    const readyAfterMs = this.#state.readyAfterMs ?? (nodeReady ? this.elapsedMs() : null);
    this.#replace({ ...this.#state, nodeReady, readyAfterMs });
  }

  note(note: string): void {
    this.#replace({ ...this.#state, notes: [...this.#state.notes, note].slice(-20) });
  }

  #replace(state: NodeState): void {
    const changed = JSON.stringify(state) !== JSON.stringify(this.#state);
    this.#state = state;
    if (changed && !this.#writing) void this.#writeSoon();
  }

  /** A full disk must not end the node: it is tried again until there is room. */
  async #writeSoon(): Promise<void> {
    this.#writing = true;
    for (let written: NodeState | null = null; written !== this.#state; ) {
      const current: NodeState = this.#state;
      try {
        await writeNodeState(this.#folder, current);
        written = current;
        await sleep(20);
      } catch (error) {
        console.error(explain(error));
        await sleep(5000);
      }
    }
    this.#writing = false;
  }
}
