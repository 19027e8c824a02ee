import type { SuiteResult } from '../suites/suite-result.ts';

/** PURE. A suite's result without secrets: the application may have answered with one, and a test quoted it. */
export function redactSuite(suite: SuiteResult, redact: (text: string) => string): SuiteResult {
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
