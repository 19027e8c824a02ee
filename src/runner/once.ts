/** The same answer for everyone who asks; one that failed is asked for again. */
export function once<T>(make: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let made: Promise<T> | null = null;
  return (signal) => {
    made ??= make(signal).catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
