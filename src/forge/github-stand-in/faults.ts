import type { Answer } from './operation.ts';

/** Something that goes wrong with one of the next requests. */
export type Fault =
  /** An answer in GitHub's own words; judged like every other. */
  | { kind: 'answer'; answer: Answer }
  /** What a proxy or an overloaded edge sends: no words of GitHub's API, so nobody judges it. */
  | { kind: 'broken'; status: number; body: string; headers: Record<string, string> }
  /** A proxy that tells what it was sent, credentials and all. */
  | { kind: 'echo'; status: number }
  /** No answer before the promise resolves. */
  | { kind: 'hang'; until: Promise<void> };

/** Faults that wait for the operation they are meant for; each is taken once. */
export class Faults {
  readonly #waiting: { operation: string; fault: Fault }[] = [];

  /** @param operation `POST /repos/{owner}/{repo}/check-runs`, or `*` for whatever comes next */
  add(operation: string, fault: Fault): void {
    this.#waiting.push({ operation, fault });
  }

  take(operation: string): Fault | null {
    const at = this.#waiting.findIndex((waiting) => waiting.operation === operation || waiting.operation === '*');
    return at < 0 ? null : (this.#waiting.splice(at, 1)[0]?.fault ?? null);
  }
}
