import { type Document, isAlias, isCollection, isMap, isPair, LineCounter, parseDocument } from 'yaml';
import type { Problem } from '../errors.ts';

export const maxYamlBytes = 256 * 1024;
const maxDepth = 40;
const maxAliases = 50;

export type Path = readonly PropertyKey[];

/** A YAML text that somebody else wrote, as plain data, with the place of every node. */
export interface YamlDocument {
  data: unknown;
  /** Where the value at a path stands; the nearest parent that exists when the path does not. */
  positionOf(path: Path): { line: number; column: number };
  /** Where a key stands inside the mapping at a path. */
  positionOfKey(path: Path, key: string): { line: number; column: number };
}

/**
 * Reads YAML 1.2 as data: one document, no duplicate keys, at most 256 KiB, 40 levels and 50 aliases.
 * Never throws: what is wrong with the text comes back as problems, all that the parser found.
 */
export function readYaml(text: string, file: string): { document: YamlDocument } | { problems: Problem[] } {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxYamlBytes) {
    return { problems: [{ file, message: `is ${bytes} bytes long; at most ${maxYamlBytes} are read` }] };
  }
  const lines = new LineCounter();
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const parsed = parseDocument(text, { version: '1.2', uniqueKeys: true, lineCounter: lines, prettyErrors: false });
    const problems = syntaxProblems(parsed).map(({ offset, message }) => ({ file, ...place(offset), message }));
    if (problems.length > 0) return { problems };
    const data: unknown = parsed.toJS({ maxAliasCount: maxAliases });
    // An alias inside its own anchor makes a ring, which no later reader survives.
    if (depthOf(data) > maxDepth) throw new ReferenceError('ring of aliases');
    return {
      document: {
        data,
        positionOf: (path) => place(offsetAt(parsed, path)),
        positionOfKey: (path, key) => place(offsetOfKey(parsed, path, key)),
      },
    };
  } catch (error) {
    const why = error instanceof ReferenceError ? 'uses too many aliases' : 'is nested too deeply';
    return { problems: [{ file, line: 1, column: 1, message: `${why} to be read safely` }] };
  }
}

function syntaxProblems(document: Document.Parsed): { offset: number; message: string }[] {
  const found = [...document.errors, ...document.warnings];
  const exhausted = found.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  if (exhausted) return [{ offset: exhausted.pos[0], message: `is nested more than ${maxDepth} levels deep` }];
  if (found.length > 0) {
    return found.slice(0, 20).map((error) => ({ offset: error.pos[0], message: friendly(error.code, error.message) }));
  }
  return boundProblems(document);
}

function friendly(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is written twice in the same mapping';
  if (code === 'MULTIPLE_DOCS') return 'a second document starts here; only one is allowed';
  return message.replace(/\s+/g, ' ');
}

function boundProblems(document: Document.Parsed): { offset: number; message: string }[] {
  let aliases = 0;
  const open: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const offset = offsetOf(next.node);
    if (isAlias(next.node) && ++aliases > maxAliases) {
      return [{ offset, message: `uses more than ${maxAliases} aliases` }];
    }
    if (!isCollection(next.node)) continue;
    if (next.depth > maxDepth) return [{ offset, message: `is nested more than ${maxDepth} levels deep` }];
    for (const item of next.node.items) {
      const children = isPair(item) ? [item.key, item.value] : [item];
      for (const child of children) open.push({ node: child, depth: next.depth + 1 });
    }
  }
  return [];
}

function depthOf(data: unknown, depth = 0): number {
  if (typeof data !== 'object' || data === null || depth > maxDepth) return depth;
  let deepest = depth;
  for (const child of Object.values(data)) {
    deepest = Math.max(deepest, depthOf(child, depth + 1));
    if (deepest > maxDepth) break;
  }
  return deepest;
}

function offsetAt(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = offsetOf(node);
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    const child = node.get(typeof step === 'symbol' ? String(step) : step, true);
    if (child === undefined || child === null) break;
    node = child;
    offset = offsetOf(node, offset);
  }
  return offset;
}

function offsetOfKey(document: Document.Parsed, path: Path, key: string): number {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  const mapping = isAlias(parent) ? parent.resolve(document) : parent;
  if (isMap(mapping)) {
    const pair = mapping.items.find((item) => String(item.key) === key);
    if (pair) return offsetOf(pair.key);
  }
  return offsetAt(document, path);
}

function offsetOf(node: unknown, otherwise = 0): number {
  const range = (node as { range?: [number, number, number] } | null)?.range;
  return range ? range[0] : otherwise;
}
