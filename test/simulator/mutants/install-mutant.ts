import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Edit, type Mutant, mutated } from './mutant.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/**
 * Whatever this process loads from now on is the mutant's. What it loaded before stays as it is: so call this before anything
 * of the core is imported.
 * @returns what names the edits whose file nobody has loaded
 * @throws when a text that the mutant replaces is not there exactly once
 */
export function installMutant({ edits }: Mutant): () => string[] {
  const byUrl = Map.groupBy(edits, ({ file }) => pathToFileURL(join(root, file)).href);
  const sources = new Map([...byUrl].map(([url, some]) => [url, mutatedFile(url, some)]));
  const loaded = new Set<string>();
  registerHooks({
    load: (url, context, nextLoad) => {
      const source = sources.get(url);
      if (source === undefined) return nextLoad(url, context);
      loaded.add(url);
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
  return () => [...byUrl].flatMap(([url, some]) => (loaded.has(url) ? [] : some.map(({ file }) => file)));
}

function mutatedFile(url: string, edits: readonly Edit[]): string {
  return edits.reduce(mutated, readFileSync(fileURLToPath(url), 'utf8'));
}
