/** Keys whose values are data or maps of names, not schemas. */
const dataKeys = new Set(['enum', 'const', 'default', 'required']);
const nameMaps = new Set(['properties', 'patternProperties', 'schemas']);

/**
 * OpenAPI 3.0's schemas as JSON Schema: `nullable` becomes a type of its own, examples go. Works on any part of a
 * description, since what is no schema passes through unchanged.
 */
export function toJsonSchema(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(toJsonSchema);
  if (typeof part !== 'object' || part === null) return part;
  const { nullable, example: _example, examples: _examples, ...rest } = part as Record<string, unknown>;
  const schema: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) schema[key] = convertKey(key, value);
  return nullable === true ? orNull(schema) : schema;
}

function convertKey(key: string, value: unknown): unknown {
  if (dataKeys.has(key)) return value;
  if (!nameMaps.has(key) || typeof value !== 'object' || value === null) return toJsonSchema(value);
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, toJsonSchema(schema)]));
}

function orNull(schema: Record<string, unknown>): Record<string, unknown> {
  if (typeof schema.type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const values = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {};
  return { ...schema, ...values, type: [schema.type, 'null'] };
}
