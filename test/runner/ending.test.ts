import { expect, test } from 'vitest';
import { RunError } from '../../src/errors.ts';
import { cancelledBecause, endingOfError } from '../../src/runner/ending.ts';
import { judge } from '../../src/verdict/judge.ts';

test.each([
  // What only somebody who edits the change can cure.
  ['APPLICATION_INVALID', 'fix-input', 'failed', 'product'],
  ['ARCHIVE_REFUSED', 'fix-input', 'failed', 'product'],
  ['BUILD_INPUT_MISSING', 'fix-input', 'failed', 'product'],
  ['IMAGE_REFERENCE_INVALID', 'fix-input', 'failed', 'product'],
  // What the operator, or whoever pushes the image, cures: also when it is somebody's input.
  ['IMAGE_MISSING', 'retry', 'errored', 'environment'],
  ['REGISTRY_REFUSED', 'fix-input', 'errored', 'environment'],
  ['BUILD_NO_USER_NAMESPACE', 'fix-input', 'errored', 'environment'],
  // What a retry cures, and what nobody has thought of.
  ['CLUSTER_UNREACHABLE', 'retry', 'errored', 'infrastructure'],
  ['FORGE_UNREACHABLE', 'retry', 'errored', 'infrastructure'],
  ['SOMETHING_NEW', 'fix-input', 'errored', 'infrastructure'],
] as const)('%s (%s) makes the run %s, class %s', (code, remedy, verdict, fault) => {
  const judgement = judge({ ...endingOfError(new RunError('doing it', { code, remedy })), suites: [] });

  expect(judgement).toMatchObject({ verdict, failure: { code, class: fault } });
});

test('problems and evidence of an error are both kept, each as one line', () => {
  const error = new RunError('reading it', {
    code: 'APPLICATION_INVALID',
    remedy: 'fix-input',
    hint: 'Mend it.',
    problems: [{ file: 'k8s/web.yaml', line: 5, message: 'is a NodePort', suggestion: 'use ClusterIP' }],
    evidence: ['a log line'],
  });

  expect(endingOfError(error).gate).toMatchObject({
    remedy: 'Mend it.',
    evidence: ['k8s/web.yaml:5: is a NodePort (use ClusterIP)', 'a log line'],
  });
});

test('what was never meant to be thrown is our bug, with its stack, and not the change', () => {
  const { error, gate } = endingOfError(new TypeError('x is undefined'));

  expect(gate).toBeNull();
  expect(error).toMatchObject({ class: 'infrastructure', code: 'UNEXPECTED', message: 'x is undefined' });
  expect(error?.evidence[0]).toBe('TypeError: x is undefined');
});

test.each(['superseded', 'closed', 'commanded', 'shutdown', 'interrupted'] as const)(
  'a run that ends because it was %s is cancelled with a reason, whatever its suites say',
  (reason) => {
    const judgement = judge({ ...cancelledBecause(reason, { queueRef: null }), suites: [] });

    expect(judgement).toMatchObject({ verdict: 'cancelled', failure: null });
    expect(judgement.reason).toMatch(/^[A-Z].{15,}\.$/);
  },
);
