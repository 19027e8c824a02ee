import { RunError } from '../errors.ts';

/**
 * What the forge refuses for good (too large, not readable, not found) must not keep the head from a run: that one meets the
 * same refusal, and concludes with it.
 */
export async function unlessRefused<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  return asked.catch((error: unknown) => {
    if (error instanceof RunError && error.remedy === 'fix-input') return otherwise;
    throw error;
  });
}
