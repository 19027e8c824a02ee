type Work<T> = (signal: AbortSignal) => Promise<T>;

/**
 * All at once; when one fails, the others are ended and awaited, so that nothing goes on behind a failure.
 * @returns their results, in their order
 * @throws what failed first
 */
export async function together<T extends readonly unknown[]>(
  signal: AbortSignal,
  works: readonly [...{ [Each in keyof T]: Work<T[Each]> }],
): Promise<T> {
  const failed = new AbortController();
  const inner = AbortSignal.any([signal, failed.signal]);
  const guarded = async (work: Work<unknown>): Promise<unknown> => {
    try {
      return await work(inner);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const results = await Promise.allSettled(works.map(guarded));
  const values = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (values.length === works.length) return values as unknown as T;
  signal.throwIfAborted();
  throw failed.signal.reason;
}
