import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { toJsonSchema } from './json-schema.ts';

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Record<string, unknown>;
}

export interface DeclaredAnswer {
  content?: Record<string, { schema?: Record<string, unknown> }>;
}

export interface DeclaredOperation {
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content?: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, DeclaredAnswer>;
}

/** The part of GitHub's published description that is in use, as JSON Schema. */
export interface Description {
  paths: Record<string, Record<string, DeclaredOperation>>;
  webhooks: Record<string, { post: DeclaredOperation }>;
  components: { schemas: Record<string, unknown> };
}

interface Wanted {
  /** `GET /repos/{owner}/{repo}` */
  operations?: string[];
  /** `pull-request-opened` */
  webhooks?: string[];
}

/** GitHub's REST API, cut down to `operations`: the published file has 13 MB and 1200 of them. */
export function loadRestDescription(operations: string[]): Promise<Description> {
  return load('@octokit/openapi/generated/api.github.com.json', { operations });
}

/** GitHub's deliveries, cut down to `webhooks`. */
export function loadWebhookDescription(webhooks: string[]): Promise<Description> {
  return load('@octokit/openapi-webhooks/generated/api.github.com.json', { webhooks });
}

async function load(file: string, wanted: Wanted): Promise<Description> {
  const path = createRequire(import.meta.url).resolve(file);
  const whole = JSON.parse(await readFile(path, 'utf8')) as Description;
  const paths: Description['paths'] = {};
  for (const operation of wanted.operations ?? []) {
    const [method = '', template = ''] = operation.split(' ');
    const declared = whole.paths[template]?.[method.toLowerCase()];
    if (!declared) throw new Error(`GitHub's description declares no ${operation}`);
    paths[template] = { ...paths[template], [method.toLowerCase()]: declared };
  }
  const webhooks: Description['webhooks'] = {};
  for (const name of wanted.webhooks ?? []) {
    const declared = whole.webhooks[name];
    if (!declared) throw new Error(`GitHub's description declares no delivery ${name}`);
    webhooks[name] = declared;
  }
  const kept = { paths, webhooks, components: componentsOf(whole, [paths, webhooks]) };
  return toJsonSchema(kept) as Description;
}

/** Everything under `components` that `roots` refer to, directly or not. */
function componentsOf(whole: Description, roots: unknown[]): Description['components'] {
  const kept: Record<string, Record<string, unknown>> = { schemas: {} };
  const open: unknown[] = [...roots];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part !== 'object' || part === null) continue;
    for (const [key, value] of Object.entries(part)) {
      if (key !== '$ref' || typeof value !== 'string') {
        open.push(value);
        continue;
      }
      const [, , kind = '', name = ''] = value.split('/');
      const group = kept[kind] ?? {};
      kept[kind] = group;
      if (name in group) continue;
      const component = (whole.components as Record<string, Record<string, unknown>>)[kind]?.[name];
      if (component === undefined) throw new Error(`GitHub's description refers to ${value}, which it lacks`);
      group[name] = component;
      open.push(component);
    }
  }
  return kept as Description['components'];
}
