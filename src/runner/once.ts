/**
 * The same answer for everyone who asks; one that failed is asked for again. It is made under a signal of its own: whoever
 * asked first may go away, and takes nothing from the others; each stops waiting with its own signal.
 */
export function once<T>(
  make: (signal: AbortSignal) => Promise<T>,
  lifetime: AbortSignal,
): (signal: AbortSignal) => Promise<T> {
  let made: Promise<T> | null = null;
  return async (signal) => {
    signal.throwIfAborted();
    made ??= make(lifetime).catch((error: unknown) => {
      made = null;
      throw error;
    });
    return await unless(signal, made);
  };
}

async function unless<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  const gone = Promise.withResolvers<never>();
  const leave = () => gone.reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([answer, gone.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    // Somebody else may wait for it, or nobody.
    answer.catch(() => undefined);
  }
}
