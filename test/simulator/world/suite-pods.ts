import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { Dice } from './dice.ts';
import type { History } from './history.ts';
import type { Weather } from './weather.ts';

/** What became of one suite in its pod. */
export type SuiteEnd = {
  name: string;
  how: 'passed' | 'red' | 'cancelled' | 'lost';
  startedMs: number;
  endedMs: number;
};

export interface SuitePod {
  name: string;
  releasedMs: number | null;
  end: SuiteEnd | null;
}

/** The suites of one environment: they outlive whoever released them. */
export interface SuitePods {
  readonly pods: ReadonlyMap<string, SuitePod>;
  /** Puts pods there; those that are there stay. */
  plan(names: readonly string[]): void;
  release(name: string): void;
  /** As SIGINT to what runs in the pod. */
  cancel(name: string): void;
  /** The pods are gone, with their results. */
  vanish(): void;
  /** Called at once where it has ended, or its pod is not there. */
  onEnd(name: string, tell: (end: SuiteEnd) => void): void;
}

export interface SuitesOptions {
  clock: VirtualClock;
  history: History;
  dice: Dice;
  weather: Weather['suites'];
  environment: string;
  runId: string;
}

const cancelMs = [200, 8_000] as const;

export class SuitesOfRun implements SuitePods {
  readonly pods = new Map<string, SuitePod>();
  readonly #options: SuitesOptions;
  readonly #listeners = new Map<string, ((end: SuiteEnd) => void)[]>();
  #releases = 0;

  constructor(options: SuitesOptions) {
    this.#options = options;
  }

  plan(names: readonly string[]): void {
    for (const name of names) if (!this.pods.has(name)) this.pods.set(name, { name, releasedMs: null, end: null });
  }

  release(name: string): void {
    const { clock, dice, history, weather, environment, runId } = this.#options;
    const pod = this.pods.get(name);
    // A second `go` changes nothing: the wrapper waits for the first alone.
    if (pod === undefined || pod.releasedMs !== null || pod.end !== null) return;
    pod.releasedMs = clock.nowMs;
    history.add('cluster', { kind: 'suites-released', environment, runId, suite: name, number: ++this.#releases });
    const hangs = dice.chance(weather.hanging);
    const isLost = dice.chance(weather.lost);
    const isRed = dice.chance(weather.red);
    const durationMs = dice.within(weather.durationMs);
    if (!hangs) this.#later(durationMs, name, isLost ? 'lost' : isRed ? 'red' : 'passed');
  }

  cancel(name: string): void {
    this.#later(this.#options.dice.within(cancelMs), name, 'cancelled');
  }

  vanish(): void {
    for (const name of this.pods.keys()) this.#end(name, 'lost');
  }

  onEnd(name: string, tell: (end: SuiteEnd) => void): void {
    const now = this.#options.clock.nowMs;
    const pod = this.pods.get(name);
    if (pod === undefined) tell({ name, how: 'lost', startedMs: now, endedMs: now });
    else if (pod.end !== null) tell(pod.end);
    else this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), tell]);
  }

  #later(ms: number, name: string, how: SuiteEnd['how']): void {
    const { clock } = this.#options;
    clock.as('cluster', () => clock.schedule(ms, () => this.#end(name, how)));
  }

  #end(name: string, how: SuiteEnd['how']): void {
    const { clock, history, environment, runId } = this.#options;
    const pod = this.pods.get(name);
    if (pod === undefined || pod.end !== null) return;
    const endedMs = clock.nowMs;
    pod.end = { name, how, startedMs: pod.releasedMs ?? endedMs, endedMs };
    if (pod.releasedMs !== null) history.add('cluster', { kind: 'suites-ended', environment, runId, suite: name, how });
    for (const tell of this.#listeners.get(name) ?? []) tell(pod.end);
    this.#listeners.delete(name);
  }
}
