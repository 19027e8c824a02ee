/** One exact text in one file of `src/`, and what a slip makes of it. */
export interface Edit {
  /** From the repository's root. */
  file: string;
  find: string;
  put: string;
}

/** A plausible slip in the core, which the simulator must notice. */
export interface Mutant {
  name: string;
  /** What somebody forgot, or took for granted. */
  slip: string;
  edits: readonly Edit[];
}

/** @throws when the text is not there exactly once: then the code has moved on, and the mutant must follow it. PURE. */
export function mutated(source: string, { file, find, put }: Edit): string {
  const count = source.split(find).length - 1;
  if (count === 1) return source.replace(find, () => put);
  throw new Error(`mutating "${file}": the text stands there ${count} times, not once: ${JSON.stringify(find)}`);
}
