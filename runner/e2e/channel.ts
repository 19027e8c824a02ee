import process, { env } from 'node:process';

/** To the wrapper. Workers and the HTML report's server have no channel to it and stay silent. */
export function tell(message: object): void {
  if (env.TEST_WORKER_INDEX === undefined) process.send?.({ greenroom: message });
}
