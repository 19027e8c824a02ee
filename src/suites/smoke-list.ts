import { z } from 'zod';
import { durationMs } from '../config/duration.ts';
import { findingsOf } from '../config/issue-message.ts';
import { readYaml } from '../config/yaml-document.ts';
import type { Problem } from '../errors.ts';
import type { SmokeCheck } from './suite-task.ts';

const duration = z.string().regex(/^\d+(ms|s|m)$/, 'must be a duration such as "300ms" or "2s"');
const headers = z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.coerce.string());
const status = z.int().min(100).max(599);
const text = z.string().max(10_000);

/** One entry of a smoke list: a request and what its answer must be (`scenarios/README.md`). */
export const SmokeEntry = z.strictObject({
  name: z.string().max(200).optional(),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
  path: z.string().regex(/^\/(?!\/)/, 'must begin with one "/": only the application is asked'),
  headers: headers.default({}),
  body: text.optional(),
  /** Sent as JSON, with its content type. */
  json: z.json().optional(),
  timeout: duration.default('10s'),
  expect: z
    .strictObject({
      status: z.union([status, z.array(status).min(1)]).optional(),
      headers: headers.default({}),
      json: z.json().optional(),
      contains: z.union([text, z.array(text)]).optional(),
      within: duration.optional(),
    })
    .default({ headers: {} }),
});
export type SmokeEntry = z.infer<typeof SmokeEntry>;

const SmokeList = z.array(SmokeEntry).min(1, 'must have at least one request').max(500);

/** PURE. A smoke list as data, or all that is wrong with it, with lines. @param file its path, for messages */
export function readSmokeList(content: string, file: string): { checks: SmokeCheck[] } | { problems: Problem[] } {
  const read = readYaml(content, file);
  if ('problems' in read) return read;
  const { document } = read;
  const parsed = SmokeList.safeParse(document.data);
  if (!parsed.success) {
    const findings = parsed.error.issues.flatMap((issue) => findingsOf(issue, document.data, knownKeysAt));
    const problems = findings.slice(0, 50).map(({ path, key, message, suggestion }) => ({
      file,
      ...(key === undefined ? document.positionOf(path) : document.positionOfKey(path, key)),
      message,
      ...(suggestion ? { suggestion } : {}),
    }));
    return { problems };
  }
  return { checks: parsed.data.map((entry, index) => checkOf(entry, document.positionOf([index]).line)) };
}

function knownKeysAt(path: readonly PropertyKey[]): string[] {
  const expectation = SmokeEntry.shape.expect.unwrap();
  if (path.length === 1) return Object.keys(SmokeEntry.shape);
  return path.length === 2 && path[1] === 'expect' ? Object.keys(expectation.shape) : [];
}

function checkOf(entry: SmokeEntry, line: number): SmokeCheck {
  const { expect } = entry;
  const body = entry.json === undefined ? (entry.body ?? null) : JSON.stringify(entry.json);
  const contentType = entry.json === undefined ? {} : { 'content-type': 'application/json' };
  return {
    name: entry.name ?? `${entry.method} ${entry.path}`,
    line,
    method: entry.method,
    path: entry.path,
    headers: { ...contentType, ...entry.headers },
    body,
    timeoutMs: durationMs(entry.timeout),
    expect: {
      status: [expect.status ?? []].flat(),
      headers: expect.headers,
      ...(expect.json === undefined ? {} : { json: expect.json }),
      contains: [expect.contains ?? []].flat(),
      withinMs: expect.within === undefined ? null : durationMs(expect.within),
    },
  };
}
