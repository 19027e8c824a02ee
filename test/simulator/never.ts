/** What a dead replica waits for. A promise of its own each time: one for all would keep every waiter in memory. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
