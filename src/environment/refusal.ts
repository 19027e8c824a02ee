import type { Problem } from '../errors.ts';
import type { SourcedObject } from './sources/sourced-object.ts';

export type Path = readonly (string | number)[];
/** Notes a problem at a path inside one object. */
export type Refuse = (path: Path, message: string, suggestion?: string) => void;

export function refusalsOf(source: SourcedObject, problems: Problem[]): Refuse {
  const { kind, metadata } = source.object;
  return (path, message, suggestion) => {
    const line = source.lineAt(path);
    problems.push({
      file: source.file,
      ...(line === undefined ? {} : { line }),
      message: `${kind} "${metadata.name}": ${message}`,
      ...(suggestion ? { suggestion } : {}),
    });
  };
}

export type Json = Record<string, unknown>;

/** What is no mapping counts as an empty one: the API server says what it thinks of it. */
export function mapping(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(mapping) : [];
}
