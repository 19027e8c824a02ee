import type { QueueEntry } from '../../../src/forge/forge.ts';
import type { Surroundings } from './surroundings.ts';
import type { Webhook } from './webhook.ts';
import type { SimulatedChange } from './world.ts';

/** The forge's merge queues: what it does with an entry, and what it tells of it. */
export class MergeQueue {
  readonly #around: Surroundings;
  readonly #webhook: Webhook;

  constructor(around: Surroundings, webhook: Webhook) {
    this.#around = around;
    this.#webhook = webhook;
  }

  /** Nothing for what cannot be merged, or is in the queue. */
  enter(change: SimulatedChange): void {
    if (!change.open || change.draft || this.#entryOf(change) !== undefined) return;
    const entry = this.#around.forge.enqueue(change);
    this.#tell(entry, 'entered', true);
    this.#send(entry, 'checks_requested');
  }

  /** Those behind it are built anew without it, unless it was merged. */
  leave(change: SimulatedChange, reason: 'merged' | 'dequeued'): void {
    const { forge } = this.#around;
    const entry = this.#entryOf(change);
    if (entry === undefined) return;
    const behind = reason === 'merged' ? [] : forge.queueOf(entry);
    behind.splice(0, behind.indexOf(entry) + 1);
    this.#destroy(entry, reason);
    for (const one of behind) this.#destroy(one, 'invalidated');
    for (const { repository, change: number } of behind) {
      const next = forge.change({ repository, number });
      if (next !== undefined) this.enter(next);
    }
  }

  #entryOf({ repository, number }: SimulatedChange): QueueEntry | undefined {
    return this.#around.forge.queue.find((entry) => entry.repository === repository && entry.change === number);
  }

  #destroy(entry: QueueEntry, reason: string): void {
    const { queue } = this.#around.forge;
    queue.splice(queue.indexOf(entry), 1);
    this.#tell(entry, reason, false);
    this.#send(entry, 'destroyed', { reason });
  }

  #tell({ repository, ref, headSha }: QueueEntry, how: string, open: boolean): void {
    this.#around.history.add('people', { kind: 'queue-moved', entry: { repository, ref }, how, headSha, open });
  }

  #send({ repository, ref, headSha, baseSha, baseRef }: QueueEntry, action: string, more: object = {}): void {
    const group = { head_sha: headSha, head_ref: ref, base_sha: baseSha, base_ref: `refs/heads/${baseRef}` };
    this.#webhook.send('merge_group', { action, ...more, merge_group: group, repository: { full_name: repository } });
  }
}
