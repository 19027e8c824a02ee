import type { NetworkPolicies } from '../../verdict/verdict-document.ts';
import { unknown } from './judge-policies.ts';
import type { PolicyFinding } from './probe-policies.ts';

/** What is not known to hold is asked for again after this, when somebody wants to know. */
const againMs = 600_000;

export interface PolicyAsking {
  /** Asks the cluster. Never rejects. */
  ask: (signal: AbortSignal) => Promise<PolicyFinding>;
  /** Told of each answer. Must not throw. */
  onFound: (finding: PolicyFinding) => void;
}

/**
 * What this process knows of the cluster's NetworkPolicies: asked once, in the background, and again only where they are not known to hold.
 * It is in no row: each process asks for itself, and what counted for a run stands in the run's document.
 */
export class PolicyKnowledge {
  readonly #asking: PolicyAsking;
  readonly #stop = new AbortController();
  #latest: NetworkPolicies = unknown('the cluster has not been asked yet');
  #under: Promise<void> | null = null;
  #askedAt: number | null = null;

  constructor(asking: PolicyAsking) {
    this.#asking = asking;
  }

  get latest(): NetworkPolicies {
    return this.#latest;
  }

  /** Begins to ask where that is due, and comes back at once. */
  begin(): void {
    if (this.#under !== null || this.#stop.signal.aborted || !this.#isDue()) return;
    this.#under = this.#ask().finally(() => {
      this.#under = null;
    });
  }

  /** What is known once nobody asks any more. @throws the signal's reason */
  async settled(signal: AbortSignal): Promise<NetworkPolicies> {
    signal.throwIfAborted();
    this.begin();
    const gone = Promise.withResolvers<never>();
    const leave = () => gone.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await Promise.race([this.#under, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
    return this.#latest;
  }

  /** Ends a probe under way, and resolves when it has taken itself away. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('Greenroom stops'));
    await this.#under;
  }

  #isDue(): boolean {
    if (this.#askedAt === null) return true;
    return this.#latest.enforced !== 'yes' && performance.now() - this.#askedAt >= againMs;
  }

  async #ask(): Promise<void> {
    const finding = await this.#asking.ask(this.#stop.signal);
    this.#askedAt = performance.now();
    const { enforced, detail } = finding;
    this.#latest = { enforced, detail };
    this.#asking.onFound(finding);
  }
}
