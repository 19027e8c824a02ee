import { RequestError } from 'octokit';
import { explain, RunError } from '../../errors.ts';
import { redactSecrets } from '../redact-secrets.ts';

/** GitHub's own advice where it names no time. */
const leastPauseMs = 60_000;

/**
 * What GitHub or the way to it answered, as an error with its remedy. The original stays out of `cause`: it carries
 * request headers and bodies.
 * @param doing what was being done, lowercase
 */
export function forgeError(error: unknown, doing: string): RunError {
  if (error instanceof RunError) return error;
  if (!(error instanceof RequestError)) return unreachable(doing, redactSecrets(explain(error)));
  const said = redactSecrets(error.message);
  if (error.response === undefined) return unreachable(doing, said);
  const { status, headers } = error.response;
  if (isRateLimit(error)) return unreachable(doing, `GitHub's rate limit: ${said}`, whenFree(headers));
  if (status >= 500) return unreachable(doing, `GitHub answered ${status}: ${said}`);
  return new RunError(doing, {
    code: 'FORGE_REFUSED',
    remedy: 'fix-input',
    hint: isTokenRequest(error) ? hintForToken(error) : hintFor(status, headers['x-accepted-github-permissions']),
    cause: new Error(`GitHub answered ${status}: ${said}`),
  });
}

export function statusOf(error: unknown): number | null {
  return error instanceof RequestError && error.response !== undefined ? error.status : null;
}

export function isTokenRequest(error: unknown): boolean {
  return error instanceof RequestError && error.request.url.endsWith('/access_tokens');
}

export function unreachable(doing: string, said: string, hint?: string): RunError {
  return new RunError(doing, {
    code: 'FORGE_UNREACHABLE',
    remedy: 'retry',
    hint: hint ?? 'Look at the network, at GREENROOM_GITHUB_API_URL and at the status page of the forge.',
    cause: new Error(said),
  });
}

function isRateLimit(error: RequestError): boolean {
  if (error.status === 429) return true;
  if (error.status !== 403) return false;
  return error.response?.headers['x-ratelimit-remaining'] === '0' || /secondary rate|abuse/i.test(error.message);
}

/** Until when (milliseconds since 1970) GitHub wants to be left alone; null where it said nothing of the kind. */
export function pauseAskedFor(error: unknown, now: number): number | null {
  if (!(error instanceof RequestError) || error.response === undefined || !isRateLimit(error)) return null;
  const { headers } = error.response;
  const retryAfter = Number(headers['retry-after']);
  if (retryAfter > 0) return now + retryAfter * 1000;
  const reset = Number(headers['x-ratelimit-reset']);
  return headers['x-ratelimit-remaining'] === '0' && reset > 0 ? reset * 1000 : now + leastPauseMs;
}

function whenFree(headers: Record<string, unknown>): string {
  const retryAfter = Number(headers['retry-after']);
  if (retryAfter > 0) return `GitHub asks for a pause of ${retryAfter} s.`;
  const reset = Number(headers['x-ratelimit-reset']);
  if (reset > 0) return `The limit is lifted at ${new Date(reset * 1000).toISOString()}.`;
  return 'GitHub asks for a pause of at least a minute.';
}

/** A token is asked for with no more than its request needs: what is refused is what is missing. */
function hintForToken(error: RequestError): string {
  if (error.status !== 422) return hintFor(error.status, undefined);
  const { permissions = {}, repositories = [] } = (error.request.body ?? {}) as TokenWish;
  const wished = Object.entries(permissions).map(([name, level]) => `${name}: ${level}`);
  const where = repositories.length > 0 ? ` reach "${repositories.join('", "')}" and` : '';
  return `The App's installation must${where} grant ${wished.join(', ')}: look at its settings.`;
}

interface TokenWish {
  permissions?: Record<string, string>;
  repositories?: string[];
}

function hintFor(status: number, accepted: unknown): string {
  if (status === 401)
    return 'Compare GREENROOM_GITHUB_APP_ID and GREENROOM_GITHUB_PRIVATE_KEY with the App; look at this clock, too.';
  const needs = typeof accepted === 'string' && accepted !== '' ? ` This call needs the permission ${accepted}.` : '';
  if (status === 403) return `The App may not do this; accept its permissions in the installation's settings.${needs}`;
  if (status === 404) return `It does not exist, or the App is not installed there.${needs}`;
  return `GitHub took the request for invalid.${needs}`;
}
