import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { DeclaredAnswer, DeclaredOperation, Description, Parameter } from './openapi-description.ts';

/**
 * Statuses that GitHub documents for its whole API in prose (bad credentials, missing permission, not found, invalid,
 * rate limits, its own trouble) and therefore does not repeat with each operation.
 */
const answersOfEveryOperation = new Set([401, 403, 404, 422, 429, 500, 502, 503, 504]);

/** Media types of `contents` and `tarball` that the description only names in prose. */
const proseMediaTypes = /^application\/vnd\.github\.raw\+json/;

export interface ObservedRequest {
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
}

export interface ObservedAnswer {
  status: number;
  contentType: string | null;
  body: unknown;
}

/** GitHub's published description as a judge of what was sent, answered and delivered. Every method returns its complaints. */
export class Oracle {
  readonly #rest: Description;
  readonly #webhooks: Description;
  readonly #ajv: Ajv;
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(rest: Description, webhooks: Description) {
    this.#rest = rest;
    this.#webhooks = webhooks;
    // A description holds more than schemas, hence not strict; `inlineRefs` would compile each shared schema many times.
    this.#ajv = new Ajv({ strict: false, allErrors: true, logger: false, inlineRefs: false });
    ajvFormats.default(this.#ajv);
    for (const name of ['repo.nwo', 'timestamp', 'ssh-key']) this.#ajv.addFormat(name, true);
    this.#ajv.addSchema({ ...rest, $id: 'rest' });
    this.#ajv.addSchema({ ...webhooks, $id: 'webhooks' });
  }

  /** @param operation `GET /repos/{owner}/{repo}` */
  request(operation: string, observed: ObservedRequest): string[] {
    const declared = this.#declared(operation);
    if (!declared) return [`${operation}: GitHub declares no such operation`];
    const complaints: string[] = [];
    const parameters = (declared.parameters ?? []).map((parameter) => this.#resolve<Parameter>('rest', parameter));
    const named = new Set(parameters.filter(({ in: place }) => place === 'query').map(({ name }) => name));
    for (const name of Object.keys(observed.query)) {
      if (!named.has(name)) complaints.push(`${operation}: GitHub declares no query parameter "${name}"`);
    }
    for (const parameter of parameters) complaints.push(...this.#parameter(operation, parameter, observed));
    const schema = declared.requestBody?.content?.['application/json']?.schema;
    if (schema && (observed.body !== undefined || declared.requestBody?.required)) {
      complaints.push(...this.#against('rest', `${operation} request`, schema, observed.body));
    }
    return complaints;
  }

  answer(operation: string, observed: ObservedAnswer): string[] {
    const declared = this.#declared(operation);
    if (!declared) return [`${operation}: GitHub declares no such operation`];
    const response = declared.responses[String(observed.status)];
    const label = `${operation} answer ${observed.status}`;
    if (!response) {
      if (!answersOfEveryOperation.has(observed.status)) return [`${label}: GitHub declares no such status`];
      return this.#against('rest', label, errorSchema, observed.body);
    }
    const content = this.#resolve<DeclaredAnswer>('rest', response).content;
    // Of many refusals it declares the status alone: their bodies are like all others'.
    if (!content && observed.status >= 400) return this.#against('rest', label, errorSchema, observed.body);
    if (!content) return observed.body === undefined ? [] : [`${label}: GitHub declares no body`];
    if (observed.contentType !== null && proseMediaTypes.test(observed.contentType)) return [];
    const schema = content['application/json']?.schema;
    return schema ? this.#against('rest', label, schema, observed.body) : [];
  }

  /** @param webhook `pull-request-opened` */
  delivery(webhook: string, headers: Record<string, string>, body: unknown): string[] {
    const declared = this.#webhooks.webhooks[webhook]?.post;
    if (!declared) return [`delivery ${webhook}: GitHub declares no such delivery`];
    const present = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    const missing = (declared.parameters ?? []).filter(({ name }) => !present.has(name.toLowerCase()));
    const complaints = missing.map(({ name }) => `delivery ${webhook}: lacks the header ${name}`);
    const schema = declared.requestBody?.content?.['application/json']?.schema;
    if (schema) complaints.push(...this.#against('webhooks', `delivery ${webhook}`, schema, body));
    return complaints;
  }

  #declared(operation: string): DeclaredOperation | undefined {
    const [method = '', template = ''] = operation.split(' ');
    return this.#rest.paths[template]?.[method.toLowerCase()];
  }

  #parameter(operation: string, parameter: Parameter, observed: ObservedRequest): string[] {
    const from = parameter.in === 'path' ? observed.params : parameter.in === 'query' ? observed.query : null;
    if (from === null) return [];
    const text = from[parameter.name];
    if (text === undefined) {
      return parameter.required ? [`${operation}: lacks the ${parameter.in} parameter "${parameter.name}"`] : [];
    }
    const type = parameter.schema.type;
    const value = type === 'integer' ? Number(text) : type === 'boolean' ? text === 'true' : text;
    return this.#against('rest', `${operation} parameter "${parameter.name}"`, parameter.schema, value);
  }

  #against(document: 'rest' | 'webhooks', label: string, schema: Record<string, unknown>, value: unknown): string[] {
    const key = `${document} ${label}`;
    let validate = this.#compiled.get(key);
    if (!validate) {
      validate = this.#ajv.compile(absolute(schema, document) as Record<string, unknown>);
      this.#compiled.set(key, validate);
    }
    // What goes over the wire is JSON: an undefined field is none.
    const sent: unknown = value === undefined ? undefined : JSON.parse(JSON.stringify(value));
    return validate(sent) ? [] : (validate.errors ?? []).slice(0, 10).map((error) => `${label}: ${complaintOf(error)}`);
  }

  #resolve<T>(document: 'rest' | 'webhooks', part: unknown): T {
    const reference = (part as { $ref?: string }).$ref;
    if (reference === undefined) return part as T;
    const whole = document === 'rest' ? this.#rest : this.#webhooks;
    const [, , kind = '', name = ''] = reference.split('/');
    return (whole.components as Record<string, Record<string, unknown>>)[kind]?.[name] as T;
  }
}

/** An error's body, as GitHub's `basic-error` has it, but with its message. */
const errorSchema = {
  type: 'object',
  properties: { message: { type: 'string' }, documentation_url: { type: 'string' }, errors: { type: 'array' } },
  required: ['message'],
};

/** `#/components/...` means the document that the schema came from. */
function absolute(schema: unknown, document: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => absolute(item, document));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) =>
      key === '$ref' && typeof value === 'string' ? [key, `${document}${value}`] : [key, absolute(value, document)],
    ),
  );
}

function complaintOf(error: ErrorObject): string {
  const details = Object.values(error.params).filter((value) => typeof value === 'string' || Array.isArray(value));
  return `${error.instancePath || '/'} ${error.message ?? 'is invalid'}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}
