import { z } from 'zod';
import { repositoryJsonSchema } from '../src/config/schema-words.ts';
import { VerdictDocument } from '../src/verdict/verdict-document.ts';

/** The generated JSON Schemas (2020-12) by file name, from the same Zod types that the service reads with. */
export function schemaFiles(): Record<string, string> {
  return {
    'greenroom.schema.json': asText({ title: 'greenroom.yaml', ...repositoryJsonSchema() }),
    // Fields are only ever added: a reader must not refuse what it does not know.
    'verdict.schema.json': asText({ title: 'greenroom/verdict@1', ...open(z.toJSONSchema(VerdictDocument, { io: 'output' })) }),
  };
}

/** The schema without any `additionalProperties: false`. */
function open(schema: object): object {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === 'additionalProperties' && value === false ? undefined : value)),
  ) as object;
}

function asText(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
