import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { isOfWorkingTree, type Run } from '../../run/run.ts';
import type { OAuthForge } from './oauth.ts';
import { type Readers, rememberedReaders } from './readers.ts';
import { type Sealer, sealerOf } from './sealed.ts';
import { type Sessions, sessionsOf, type Visitor } from './visitor.ts';

export interface AccessOptions {
  /** Everybody who reaches the service sees all: one person's machine, which nobody else reaches. */
  isOpen: boolean;
  /** The operator's, for the whole of it; null for none. */
  token: string | null;
  /** With which people can sign in. */
  forges: readonly OAuthForge[];
  readers: Readers;
  /** Where people and forges reach the service. */
  publicUrl: string;
  now?: () => Date;
}

/** Who sees which run. What belongs to a public repository everybody does. */
export interface Access {
  readonly publicUrl: string;
  readonly forges: readonly OAuthForge[];
  readonly hasToken: boolean;
  readonly sessions: Sessions;
  readonly sealer: Sealer;
  visitorOf(context: Context): Visitor;
  /** @throws RunError when the forge cannot be asked */
  maySee(visitor: Visitor, run: Run): Promise<boolean>;
  /** No key is needed for it. @throws RunError when the forge cannot be asked */
  isForEverybody(run: Run): Promise<boolean>;
}

export function accessOf({ isOpen, token, forges, readers, publicUrl, now = () => new Date() }: AccessOptions): Access {
  const nowMs = () => now().getTime();
  const secrets = [...(token === null ? [] : [token]), ...forges.map(({ clientSecret }) => clientSecret)];
  // Where nobody can sign in, nobody may know the key either.
  const sealer = sealerOf(secrets.length > 0 ? secrets : [randomBytes(32).toString('hex')], nowMs);
  const sessions = sessionsOf({ sealer, token, isSecure: publicUrl.startsWith('https:') });
  const remembered = rememberedReaders(readers, nowMs);
  const isForEverybody = async (run: Run) =>
    isOpen || (!isOfWorkingTree(run) && (await remembered.isPublic(run.repository)));
  return {
    publicUrl,
    forges,
    hasToken: token !== null,
    sessions,
    sealer,
    visitorOf: (context) => (isOpen ? { kind: 'operator' } : sessions.visitorOf(context)),
    isForEverybody,
    async maySee(visitor, run) {
      if (visitor.kind === 'operator') return true;
      if (await isForEverybody(run)) return true;
      return visitor.kind === 'person' && !isOfWorkingTree(run) && remembered.mayRead(run.repository, visitor);
    },
  };
}
