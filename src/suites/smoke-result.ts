import { z } from 'zod';
import type { TestResult } from './suite-result.ts';
import { classOfMessage, statusOfAttempts } from './test-status.ts';

const Attempt = z.object({
  status: z.enum(['passed', 'failed', 'errored']),
  startedAt: z.iso.datetime(),
  durationMs: z.number(),
  message: z.string().optional(),
});

/** As many as a list of checks may have. */
const maximumOutcomes = 20_000;

/** What our smoke runner writes (`runner/smoke.ts`). */
export const SmokeReport = z.object({
  total: z.number(),
  outcomes: z
    .array(z.object({ name: z.string(), line: z.number().nullable(), attempts: z.array(Attempt) }))
    .max(maximumOutcomes),
});
export type SmokeReport = z.infer<typeof SmokeReport>;

/** PURE. `smoke.json` of one shard. @param file the list's path in the repository @throws SyntaxError, ZodError */
export function parseSmokeReport(content: string, file: string): TestResult[] {
  const { outcomes } = SmokeReport.parse(JSON.parse(content));
  return outcomes.map(({ name, line, attempts: tried }) => {
    const attempts = tried.map(({ status, startedAt, durationMs, message }) => ({
      // No answer at all says as much about the application as a wrong one.
      status: status === 'errored' && classOfMessage(message ?? '') === 'product' ? ('failed' as const) : status,
      startedAt,
      durationMs,
      ...(message ? { message } : {}),
    }));
    const status = statusOfAttempts(attempts);
    const message = attempts.findLast((attempt) => attempt.message)?.message;
    const red = status === 'failed' || status === 'errored';
    return {
      id: `smoke:${file}:${name}`,
      name,
      file,
      line,
      project: null,
      status,
      durationMs: attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0),
      attempts,
      ...(red ? { class: classOfMessage(message ?? '') } : status === 'flaky' ? { class: 'flaky' as const } : {}),
      ...(message ? { message } : {}),
    };
  });
}
