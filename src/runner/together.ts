/**
 * Both at once; when one fails, the other is ended and awaited, so that nothing goes on behind a run that has ended.
 * @throws what failed first
 */
export async function together<A, B>(
  signal: AbortSignal,
  [first, second]: [(signal: AbortSignal) => Promise<A>, (signal: AbortSignal) => Promise<B>],
): Promise<[A, B]> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const guarded = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await work(both);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const results = await Promise.allSettled([guarded(first), guarded(second)]);
  if (results[0].status === 'fulfilled' && results[1].status === 'fulfilled')
    return [results[0].value, results[1].value];
  signal.throwIfAborted();
  throw failed.signal.reason;
}
