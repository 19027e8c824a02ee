import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redactResult, redactTexts } from '../../src/suites/redact-result.ts';
import type { Artifact, SuiteResult } from '../../src/suites/suite-result.ts';

const value = 'sk_live_51';
const redact = (text: string) => text.replaceAll(value, '[redacted]');
const suite: SuiteResult = {
  name: 'smoke',
  kind: 'smoke',
  required: true,
  modified: false,
  status: 'failed',
  reason: `1 of 2 failed: ${value}`,
  failure: { class: 'test', code: 'SUITE_TIMEOUT', message: `over ${value}`, evidence: [`log ${value}`] },
  startedAt: '2026-01-01T00:00:10.000Z',
  durationMs: 2000,
  tests: [
    {
      id: `smoke ${value}`,
      name: `pays with ${value}`,
      file: 'smoke.yaml',
      line: 3,
      project: null,
      status: 'failed',
      durationMs: 20,
      attempts: [{ status: 'failed', durationMs: 20, message: `got ${value}` }],
      message: `expected 1, got ${value}`,
      evidence: [`body: ${value}`],
    },
  ],
  endpoints: [
    { name: `/pay?key=${value}`, method: 'GET', requests: 1, rps: 1, errorRate: 0, p50Ms: 1, p95Ms: 1, p99Ms: 1 },
  ],
  artifacts: [],
};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-redact-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function anArtifact(name: string, mediaType: string, content: string, bytes = content.length): Promise<Artifact> {
  await writeFile(join(folder, name), content);
  return { name, mediaType, href: `/${name}`, bytes, sha256: hashOf(content) };
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

test('no text of a suite keeps a secret, and everything else is as it was', () => {
  expect(JSON.stringify(redactTexts(suite, redact))).toBe(redact(JSON.stringify(suite)));
});

test('plain-text files are written anew, with their size and hash; others stay to the byte', async () => {
  const said = await anArtifact('smoke.json', 'application/json', `{"got":"${value}"}`);
  const log = await anArtifact('output.log', 'application/octet-stream', `got ${value}\n`);
  const clean = await anArtifact('notes.txt', 'text/plain', 'nothing');
  const picture = await anArtifact('shot.png', 'image/png', `PNG ${value}`);
  const binary = await anArtifact('trace', 'application/octet-stream', `\0${value}`);

  const { artifacts } = await redactResult(
    { ...suite, artifacts: [said, log, clean, picture, binary] },
    folder,
    redact,
  );

  const expected = '{"got":"[redacted]"}';
  expect(artifacts[0]).toEqual({ ...said, bytes: expected.length, sha256: hashOf(expected) });
  expect(artifacts.slice(2)).toEqual([clean, picture, binary]);
  expect(await Promise.all(artifacts.map(({ name }) => readFile(join(folder, name), 'utf8')))).toEqual([
    expected,
    'got [redacted]\n',
    'nothing',
    `PNG ${value}`,
    `\0${value}`,
  ]);
});

test('a file that cannot be looked through is in no result, nor in the folder', async () => {
  const huge = await anArtifact('huge.ndjson', 'application/x-ndjson', value, 2 ** 30);

  const { artifacts } = await redactResult({ ...suite, artifacts: [huge] }, folder, redact);

  expect(artifacts).toEqual([]);
  expect(await readdir(folder)).not.toContain('huge.ndjson');
});
