import { Octokit } from 'octokit';
import { RunError } from '../../errors.ts';
import { forgeError, statusOf } from './forge-error.ts';

/** What GitHub hands out once, when an App is made. */
export interface AppCredentials {
  appId: string;
  slug: string;
  name: string;
  page: string;
  /** A person or an organization. */
  owner: string;
  /** PEM. */
  privateKey: string;
  webhookSecret: string;
  /** With which people sign in. */
  clientId: string;
  clientSecret: string;
}

const withinMs = 30_000;

/**
 * Turns the code with which GitHub sent the person back into the App's credentials. It can be done once, and within an hour.
 * @throws RunError `FORGE_REFUSED`, `FORGE_UNREACHABLE`
 */
export async function registerApp(apiUrl: string, code: string, signal: AbortSignal): Promise<AppCredentials> {
  const doing = 'asking GitHub for the credentials of the new App';
  const octokit = new Octokit({
    baseUrl: apiUrl.replace(/\/$/, ''),
    userAgent: 'greenroom',
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    // The code is used up by the first request that arrives.
    retry: { enabled: false },
    throttle: { enabled: false },
  });
  try {
    const { data } = await octokit.request('POST /app-manifests/{code}/conversions', {
      code,
      request: { signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]) },
    });
    return {
      appId: String(data.id),
      slug: data.slug ?? '',
      name: data.name,
      page: data.html_url,
      owner: 'login' in data.owner ? data.owner.login : '',
      privateKey: data.pem,
      webhookSecret: data.webhook_secret ?? '',
      clientId: data.client_id,
      clientSecret: data.client_secret,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (statusOf(error) !== 404 && statusOf(error) !== 422) throw forgeError(error, doing);
    throw new RunError(doing, {
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
      hint: 'Its code counts once and for an hour: delete the App at GitHub if it is there, and begin again.',
    });
  }
}

function quiet(): void {
  // Its words could hold the code.
}
