import { z } from 'zod';
import { RepositoryConfig } from './repository-config.ts';
import type { Path } from './yaml-document.ts';

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
}

let schema: SchemaNode | undefined;

/** `greenroom.yaml` as JSON Schema (2020-12), from the Zod types: what a person may write, defaults left away. */
export function repositoryJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(RepositoryConfig, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // Zod's own word; the pattern beside it says the same to every validator.
      if (jsonSchema.format === 'starts_with') delete jsonSchema.format;
    },
  }) as Record<string, unknown>;
}

/** The keys that may be written in the mapping at `path`; of every variant where there are several. */
export function knownKeysAt(path: Path): string[] {
  schema ??= repositoryJsonSchema() as SchemaNode;
  let nodes: SchemaNode[] = [schema];
  for (const step of path) {
    nodes = nodes.flatMap(variants).flatMap((node) => {
      const child = typeof step === 'number' ? node.items : node.properties?.[String(step)];
      return child ? [child] : [];
    });
  }
  return [...new Set(nodes.flatMap(variants).flatMap((node) => Object.keys(node.properties ?? {})))];
}

function variants(node: SchemaNode): SchemaNode[] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return inner.length === 0 ? [node] : inner.flatMap(variants);
}
