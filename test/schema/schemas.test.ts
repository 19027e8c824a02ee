import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { schemaFiles } from '../../schema/schemas.ts';
import { newRun } from '../../src/run/new-run.ts';

const folder = join(import.meta.dirname, '../../schema');

function validate(name: string, data: unknown): boolean {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  return ajv.validate(JSON.parse(schemaFiles()[name] ?? ''), data);
}

test.each(Object.entries(schemaFiles()))('%s is up to date (else: npm run schema)', (name, text) => {
  const written = readFileSync(join(folder, name), 'utf8');

  expect(written).toBe(text);
});

describe('greenroom.schema.json', () => {
  const good = 'version: 1\napplication: { entry: { service: web, port: 80 }, manifests: k8s }';

  test('takes what a person may write, defaults left away', () => {
    expect(validate('greenroom.schema.json', parse(good))).toBe(true);
  });

  test('refuses an unknown key', () => {
    expect(validate('greenroom.schema.json', parse(`${good}\ntrigers: {}`))).toBe(false);
  });
});

describe('verdict.schema.json', () => {
  const document = newRun({
    id: 'r1',
    repository: 'o/r',
    change: 1,
    headSha: 'a'.repeat(40),
    baseSha: null,
    generation: 1,
    trigger: 'opened',
    trusted: true,
    expiresAt: '2026-01-01T00:00:00Z',
    environmentName: 'gr-r1',
    at: '2026-01-01T00:00:00Z',
  }).document;

  test('takes a fresh document, and one with a field that a later version adds', () => {
    expect(validate('verdict.schema.json', document)).toBe(true);
    expect(validate('verdict.schema.json', { ...document, later: 1 })).toBe(true);
  });

  test('refuses a document without its phase', () => {
    expect(validate('verdict.schema.json', { ...document, phase: undefined })).toBe(false);
  });
});
