import { AsyncLocalStorage } from 'node:async_hooks';
import type { VirtualClock } from '../clock/virtual-clock.ts';

export interface Exchange<T> {
  /** Whose the effect is. */
  server: string;
  thereMs: number;
  backMs: number;
  /** The effect, when the request arrives; it happens whatever has become of who asked. */
  serve: () => T;
  /** Nobody answers. */
  isAnswerLost?: boolean;
}

/**
 * A request over a network, from who acts now. A frozen one does not ask before it is thawed, a dead one never does; the
 * answer is an event of its own. It ends with no signal: who does not want to wait any longer stops waiting.
 */
export async function exchange<T>(clock: VirtualClock, request: Exchange<T>): Promise<T> {
  await clock.gate();
  const { server, thereMs, backMs, serve, isAnswerLost = false } = request;
  return await new Promise<T>((resolve, reject) => {
    const asCaller = AsyncLocalStorage.snapshot();
    const answer = (settle: () => void) => {
      if (!isAnswerLost) asCaller(() => clock.schedule(backMs, settle));
    };
    const arrive = () => {
      try {
        const value = serve();
        answer(() => resolve(value));
      } catch (error) {
        answer(() => reject(error));
      }
    };
    clock.as(server, () => clock.schedule(thereMs, arrive));
  });
}

/** `promise`, or the signal's reason as soon as it aborts: who asked waits no longer, what was asked goes on. */
export async function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, gone]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
