import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Person } from './readers.ts';
import type { Sealer } from './sealed.ts';

const Session = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('operator') }),
  z.object({ kind: z.literal('person'), forge: z.enum(['github', 'gitea']), login: z.string() }),
]);

/** Who looks: somebody with the operator's token, somebody whom their forge has named, or anybody. */
export type Visitor = { kind: 'operator' } | ({ kind: 'person' } & Person) | { kind: 'stranger' };

const cookie = 'greenroom_session';
/** A working day: whoever may read no more is asked for at the forge every minute, whatever the session says. */
const sessionMs = 12 * 3_600_000;

export interface Sessions {
  visitorOf(context: Context): Visitor;
  begin(context: Context, visitor: Exclude<Visitor, { kind: 'stranger' }>): void;
  end(context: Context): void;
  isOperatorsToken(token: string): boolean;
}

/** @param token the operator's, null for none; @param isSecure the page is reached by HTTPS alone */
export function sessionsOf({
  sealer,
  token,
  isSecure,
}: {
  sealer: Sealer;
  token: string | null;
  isSecure: boolean;
}): Sessions {
  const options = { path: '/', httpOnly: true, sameSite: 'Lax', secure: isSecure } as const;
  const isOperatorsToken = (given: string) => token !== null && timingSafeEqual(digest(given), digest(token));
  return {
    isOperatorsToken,
    visitorOf(context) {
      const bearer = /^bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
      if (bearer !== undefined) return { kind: isOperatorsToken(bearer) ? 'operator' : 'stranger' };
      const session = Session.safeParse(sealer.open('session', getCookie(context, cookie) ?? ''));
      return session.success ? session.data : { kind: 'stranger' };
    },
    begin: (context, visitor) =>
      setCookie(context, cookie, sealer.seal('session', visitor, sessionMs), { ...options, maxAge: sessionMs / 1_000 }),
    end: (context) => void deleteCookie(context, cookie, options),
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
