import { RunError } from '../../errors.ts';

/** A person as their forge knows them. */
export interface Person {
  forge: 'github' | 'gitea';
  login: string;
}

/** What the forges say about who may read a repository. */
export interface Readers {
  /** @throws RunError when the forge cannot be asked */
  isPublic(repository: string): Promise<boolean>;
  /** @throws RunError when the forge cannot be asked */
  mayRead(repository: string, person: Person): Promise<boolean>;
}

const freshMs = 60_000;
/** While a forge is away, what it said last counts for this long. */
const rememberedMs = 15 * 60_000;
const mostRemembered = 5_000;

/** Asks each question once a minute at most: a page that is watched asks every two seconds. */
export function rememberedReaders(readers: Readers, nowMs: () => number): Readers {
  const answers = new Map<string, { atMs: number; answer: Promise<boolean> }>();
  const remembered = async (question: string, ask: () => Promise<boolean>) => {
    const known = answers.get(question);
    if (known !== undefined && nowMs() - known.atMs < freshMs) return known.answer;
    if (answers.size >= mostRemembered) answers.clear();
    const asking = { atMs: nowMs(), answer: ask() };
    answers.set(question, asking);
    try {
      return await asking.answer;
    } catch (error) {
      // What could not be found out is asked again by whoever asks next.
      if (answers.get(question) === asking) answers.delete(question);
      if (known === undefined || !(error instanceof RunError) || nowMs() - known.atMs >= rememberedMs) throw error;
      if (!answers.has(question)) answers.set(question, known);
      return known.answer;
    }
  };
  return {
    isPublic: (repository) => remembered(`? ${repository}`, () => readers.isPublic(repository)),
    mayRead: (repository, person) =>
      remembered(`${person.forge} ${person.login} ${repository}`, () => readers.mayRead(repository, person)),
  };
}
