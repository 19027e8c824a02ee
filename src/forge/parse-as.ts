import type { z } from 'zod';
import type { ForgeEvent } from '../event/event.ts';

/** What a delivery says, by its shape; one that does not look as it should is `other`, with what is wrong with it. */
export function parseAs<T>(
  shape: z.ZodType<T>,
  name: string,
  id: string,
  body: unknown,
  understand: (delivery: T) => ForgeEvent,
): ForgeEvent {
  const parsed = shape.safeParse(body);
  if (parsed.success) return understand(parsed.data);
  const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'the body').slice(0, 5);
  return { kind: 'other', name, why: `delivery "${id}" lacks or garbles ${where.join(', ')}` };
}
