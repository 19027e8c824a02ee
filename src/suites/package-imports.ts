import { isBuiltin } from 'node:module';

/** Both patterns go through a source once: nothing in them is tried from two places. */
const typeOnly =
  /\b(?:import|export)\s+type\s+(?:\{[^{}'"`]*\}|\*(?:\s*as\s+[\w$]+)?|[\w$]+)\s*\bfrom\s*(['"])[^'"\n]+\1/g;
const specifier = /(?:\bfrom\s*|\bimport\s*(?:\(\s*)?|\brequire(?:\.resolve)?\s*\(\s*)(['"`])([^'"`\n]+)\1/g;
/** What npm allows, and nothing that begins like a path, `#name` or `node:`. */
const packageNamed = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:\/.*)?$/i;

/** PURE. Names of the npm packages that a source imports, for more than their types. */
export function packageImports(source: string): string[] {
  const found = [...source.replace(typeOnly, '').matchAll(specifier)].map((match) => packageNameOf(match[2] ?? ''));
  return [...new Set(found.filter((name) => name !== null))];
}

/** PURE. `lodash` of `lodash/fp`, `@a/b` of `@a/b/c.js`; null for a path and for what Node itself has. */
export function packageNameOf(imported: string): string | null {
  if (isBuiltin(imported)) return null;
  return packageNamed.exec(imported)?.[1] ?? null;
}
