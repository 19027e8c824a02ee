import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/operator-config.ts';
import { explain, RunError } from '../errors.ts';
import { permissionsFor } from '../forge/github/app-access.ts';
import {
  type AppProblem,
  eventProblems,
  hookProblems,
  missingExtras,
  permissionProblems,
} from '../forge/github/app-problems.ts';
import { type AppInstallation, createGitHubApp, type GitHubApp } from '../forge/github/github-app.ts';
import { createGitHubForge } from '../forge/github/github-forge.ts';
import { isServed } from '../forge/github/is-served.ts';
import { type DeliveryAttempt, isDelivered, keptForMs } from '../forge/github/missed-deliveries.ts';
import { silentLog } from '../log.ts';
import type { Finding } from './doctor.ts';
import { gitHubOptions } from './github-options.ts';
import { knownSecretsOf } from './known-secrets-of.ts';

const healthWithinMs = 5_000;
/** GitHub gives an answer 10 s, and lists the attempt a moment later. */
const deliveredWithinMs = 20_000;

/** Whether the App is what Greenroom needs: who it is, what it may, what it hears, and whether what it says arrives. */
export async function gitHubFindings(config: Config, signal: AbortSignal): Promise<Finding[]> {
  if (config.github === null) {
    const detail = 'none configured: "greenroom run PATH" works without one, "greenroom github setup" makes one';
    return [{ what: 'forge', ok: true, detail }];
  }
  const options = gitHubOptions(config.github, silentLog(), knownSecretsOf(config));
  const app = createGitHubApp(options);
  const { owners } = config.github;
  try {
    const self = await app.self(signal);
    const installations = await app.installations(signal);
    const repositories = await createGitHubForge(options).listRepositories(signal);
    const wanted = `${config.service.publicUrl}/webhooks/github`;
    const served = installations.filter(({ account }) => isServed(owners, account));
    const accounts = installations.map((one) => `${one.account}${noteOn(one, isServed(owners, one.account))}`);
    const extras = missingExtras(self);
    return [
      {
        what: 'forge',
        ok: repositories.length > 0,
        detail: `App "${self.slug}" on ${accounts.join(', ') || 'nobody'}: ${repositories.length} repositories`,
        remedy: `Install it: ${self.page}/installations/new`,
      },
      ...findingsOf(
        'permissions',
        'granted, and accepted by every owner',
        permissionProblems(self, served, permissionsFor(config.github)),
      ),
      ...findingsOf(
        'events',
        extras.length === 0 ? 'subscribed' : `subscribed; waits for images would be shorter with ${extras.join(', ')}`,
        eventProblems(self, served),
      ),
      ...findingsOf('webhook', `goes to ${wanted}`, hookProblems(await app.hook(signal), wanted, self)),
      await testDelivery(app, config.service.publicUrl, signal),
    ];
  } catch (error) {
    const hint = error instanceof RunError ? error.hint : undefined;
    const remedy = hint ?? 'Check GREENROOM_GITHUB_APP_ID, _PRIVATE_KEY and _API_URL.';
    return [{ what: 'forge', ok: false, detail: explain(error), remedy }];
  }
}

function noteOn({ suspended }: AppInstallation, served: boolean): string {
  if (suspended) return ' (suspended)';
  return served ? '' : ' (not served: not in GREENROOM_GITHUB_OWNERS)';
}

function findingsOf(what: string, well: string, problems: AppProblem[]): Finding[] {
  if (problems.length === 0) return [{ what, ok: true, detail: well }];
  return problems.map((problem) => ({ what, ok: false, ...problem }));
}

/** A delivery goes the whole way once more. One that was accepted before has no effect the second time. */
async function testDelivery(app: GitHubApp, publicUrl: string, signal: AbortSignal): Promise<Finding> {
  const what = 'deliveries';
  if (!(await answers(`${publicUrl}/healthz`, signal))) {
    const detail = `not tried: nobody answers at ${publicUrl}/healthz; ask again while "greenroom serve" runs`;
    return { what, ok: true, detail };
  }
  const before = await app.deliveries(Date.now() - keptForMs, signal, 1);
  const again =
    before.find(({ event }) => event === 'ping') ?? before.find((attempt) => isDelivered(attempt)) ?? before[0];
  if (!again) {
    return {
      what,
      ok: true,
      detail: 'not tried: GitHub had nothing to tell in 3 days; comment on a pull request, then ask again',
    };
  }
  await app.redeliver(again.id, signal);
  const known = new Set(before.map(({ id }) => id));
  const tried = await untilListed(app, (attempt) => attempt.guid === again.guid && !known.has(attempt.id), signal);
  if (tried === null) {
    const remedy = 'Look at "Recent deliveries" in the settings of the App, under "Advanced".';
    return { what, ok: false, detail: `GitHub has not delivered "${again.event}" within 20 s`, remedy };
  }
  if (isDelivered(tried)) {
    return {
      what,
      ok: true,
      detail: `"${tried.event}" came, and was answered with ${tried.statusCode} in ${tried.seconds} s`,
    };
  }
  return { what, ok: false, detail: `"${tried.event}": ${tried.said} (${tried.statusCode})`, remedy: remedyFor(tried) };
}

function remedyFor({ statusCode }: DeliveryAttempt): string {
  if (statusCode === 401) return "GREENROOM_GITHUB_WEBHOOK_SECRET of the service that answers is not the App's.";
  if (statusCode === 404 || statusCode === 405)
    return 'Whatever answers there is not Greenroom: look at the path and at the proxy.';
  if (statusCode === 503) return 'Greenroom could not write it down: look at its log and at its database.';
  return 'GitHub must reach that address from outside, by a certificate that it trusts: look at DNS, firewall and proxy.';
}

async function untilListed(
  app: GitHubApp,
  isIt: (attempt: DeliveryAttempt) => boolean,
  signal: AbortSignal,
): Promise<DeliveryAttempt | null> {
  const until = Date.now() + deliveredWithinMs;
  for (;;) {
    const found = (await app.deliveries(Date.now() - keptForMs, signal, 1)).find(isIt);
    if (found || Date.now() >= until) return found ?? null;
    await sleep(1_000, undefined, { signal });
  }
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(healthWithinMs)]) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
