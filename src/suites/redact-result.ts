import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, SuiteResult } from './suite-result.ts';

type Redact = (text: string) => string;

/** What holds no text that could be looked through, or is a page whose own code must stay as it is. */
const leftAlone = /^(image|video|font)\/|zip|html|javascript|css/;
const mostBytes = 64 * 1024 * 1024;
/** Of a name, a message, a line of evidence: a page, where a suite may write a book. */
const longestText = 4096;

/**
 * A suite's result without secrets, in its texts and in the plain-text files that it left: the application may have answered
 * with one, and a test quoted it. Never rejects: a file that cannot be looked through is taken away.
 * @param folder with the suite's files
 */
export async function redactResult(suite: SuiteResult, folder: string, redact: Redact): Promise<SuiteResult> {
  const artifacts: Artifact[] = [];
  // One after the other: each may be large.
  for (const artifact of suite.artifacts) {
    const kept = await redactFile(artifact, join(folder, artifact.name), redact);
    if (kept) artifacts.push(kept);
  }
  return { ...redactTexts(suite, redact), artifacts };
}

async function redactFile(artifact: Artifact, path: string, redact: Redact): Promise<Artifact | null> {
  if (leftAlone.test(artifact.mediaType)) return artifact;
  try {
    if (artifact.bytes > mostBytes) throw new RangeError('too large to look through');
    const content = await readFile(path);
    if (content.includes(0)) return artifact;
    const text = content.toString();
    const redacted = Buffer.from(redact(text));
    if (redacted.toString() === text) return artifact;
    await writeFile(path, redacted);
    return { ...artifact, bytes: redacted.length, sha256: createHash('sha256').update(redacted).digest('hex') };
  } catch {
    await rm(path, { force: true }).catch(() => undefined);
    return null;
  }
}

/** PURE. */
export function redactTexts(suite: SuiteResult, redact: Redact): SuiteResult {
  const { reason, failure, endpoints } = suite;
  return {
    ...suite,
    ...(reason === undefined ? {} : { reason: redact(reason) }),
    ...(failure === undefined
      ? {}
      : { failure: { ...failure, message: redact(failure.message), evidence: failure.evidence.map(redact) } }),
    ...(endpoints === undefined
      ? {}
      : { endpoints: endpoints.map((endpoint) => ({ ...endpoint, name: redact(endpoint.name) })) }),
    tests: suite.tests.map((test) => ({
      ...test,
      id: redact(test.id),
      name: redact(test.name),
      attempts: test.attempts.map((attempt) =>
        attempt.message === undefined ? attempt : { ...attempt, message: redact(attempt.message) },
      ),
      ...(test.message === undefined ? {} : { message: redact(test.message) }),
      ...(test.evidence === undefined ? {} : { evidence: test.evidence.map(redact) }),
    })),
  };
}

/** PURE. After the secrets are taken out: half of one would not be known for what it is. */
export function boundTexts(suite: SuiteResult): SuiteResult {
  return redactTexts(suite, (text) => text.slice(0, longestText));
}
