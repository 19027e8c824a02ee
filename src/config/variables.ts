import { didYouMean } from './nearest.ts';

export interface Variables {
  sha: string;
  /** The change's number, or what stands for it: nobody has images of an entry of the merge queue under a change's number. */
  change: number | 'local' | 'merge-queue';
}

const names = ['sha', 'shortSha', 'change'] as const;

/**
 * Replaces `${sha}`, `${shortSha}` (7 characters) and `${change}` in every text value. Other `${...}` stay as they
 * are: a command or an environment variable may mean a shell's own.
 */
export function expandVariables<T>(value: T, variables: Variables): T {
  return expand(value, {
    sha: variables.sha,
    shortSha: variables.sha.slice(0, 7),
    change: String(variables.change),
  }) as T;
}

function expand(value: unknown, replacements: Record<(typeof names)[number], string>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{(sha|shortSha|change)\}/g, (_, name: (typeof names)[number]) => replacements[name]);
  }
  if (Array.isArray(value)) return value.map((item) => expand(item, replacements));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, replacements)]));
}

/** Variables in an image's name or tag that we do not have; there they can only be a slip. */
export function unknownVariables(text: string): { message: string; suggestion: string }[] {
  return [...text.matchAll(/\$\{([^}]*)\}/g)].flatMap(([, name = '']) => {
    if ((names as readonly string[]).includes(name)) return [];
    const suggestion = didYouMean(name, names) ?? `known: ${names.map((known) => `\${${known}}`).join(', ')}`;
    return [{ message: `unknown variable "\${${name.slice(0, 40)}}"`, suggestion }];
  });
}
