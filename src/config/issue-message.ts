import type { z } from 'zod';
import { didYouMean } from './nearest.ts';
import type { Path } from './yaml-document.ts';

type Issue = z.core.$ZodIssue;

/** One thing to change, at a value (`path`) or at a key inside the mapping at `path`. */
export interface Finding {
  path: Path;
  key?: string;
  message: string;
  suggestion?: string;
}

/** Zod's issues in the words of somebody who edits the file. Values are shown bounded. */
export function findingsOf(issue: Issue, data: unknown, knownKeysAt: (path: Path) => string[]): Finding[] {
  const value = valueAt(data, issue.path);
  const name = dotted(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const known = knownKeysAt(issue.path);
        if (known.includes(key))
          return { path: issue.path, key, message: `"${key}" does not go with the other keys here` };
        const suggestion = didYouMean(key, known) ?? `known here: ${known.join(', ')}`;
        return { path: issue.path, key, message: `unknown key "${clip(key)}"`, suggestion };
      });
    case 'invalid_type':
      return [{ path: issue.path, ...typeFinding(issue.expected, value, name) }];
    case 'invalid_value':
      return [{ path: issue.path, ...choiceFinding(issue.values, value, name) }];
    case 'invalid_union': {
      const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
      return [{ path: issue.path, ...choiceFinding(options, value, name) }];
    }
    case 'invalid_key':
      return [{ path: issue.path, message: `"${clip(String(issue.path.at(-1)))}" cannot be the name of a variable` }];
    case 'too_big':
      return [{ path: issue.path, message: `${name} must be at most ${issue.maximum}, got ${shown(value)}` }];
    case 'too_small':
      return [{ path: issue.path, message: `${name} must be at least ${issue.minimum}, got ${shown(value)}` }];
    default:
      return [{ path: issue.path, message: `${name} ${issue.message}, got ${shown(value)}` }];
  }
}

function typeFinding(expected: string, value: unknown, name: string): { message: string; suggestion?: string } {
  if (value === undefined) return { message: `${name} is missing` };
  const words: Record<string, string> = {
    string: 'text',
    int: 'a whole number',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
    boolean: 'true or false',
  };
  const message = `${name} must be ${words[expected] ?? `a ${expected}`}, got ${shown(value)}`;
  const quotable = expected === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  return quotable ? { message, suggestion: `write it in quotes: '${String(value)}'` } : { message };
}

function choiceFinding(options: unknown[], value: unknown, name: string): { message: string; suggestion?: string } {
  const choices = options.map((option) => (typeof option === 'string' ? `"${option}"` : String(option))).join(', ');
  if (value === undefined) return { message: `${name} is missing`, suggestion: `one of ${choices}` };
  const message = `${name} must be ${options.length === 1 ? choices : `one of ${choices}`}, got ${shown(value)}`;
  const suggestion = typeof value === 'string' ? didYouMean(value, options.map(String)) : undefined;
  return suggestion === undefined ? { message } : { message, suggestion };
}

/** `application.services[0].port` */
export function dotted(path: Path): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text === '' ? 'the file' : clip(text.replace(/^\./, ''));
}

export function valueAt(data: unknown, path: Path): unknown {
  let current = data;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[step];
  }
  return current;
}

function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? `"${clip(value)}"` : String(value);
}

function clip(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
