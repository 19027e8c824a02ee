import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Config } from '../config/operator-config.ts';
import { RunError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { appManifest, longestName, registrationAddress } from '../forge/github/app-manifest.ts';
import { type AppCredentials, registerApp } from '../forge/github/register-app.ts';
import { serve as listen } from '../webhook/serve.ts';
import type { CommandInput } from './command.ts';
import { loadConfig } from './load-config.ts';
import { setupPage } from './setup-page.ts';
import { onOneLine, openCredentialFiles, variablesOf } from './store-credentials.ts';

const Wish = z.object({
  org: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/, '--org must be the name of an organization')
    .optional(),
  name: z.string().trim().min(1).max(longestName, `--name may have ${longestName} characters`).optional(),
  port: z.coerce
    .number({ error: '--port must be a port number' })
    .int('--port must be a port number')
    .min(0, '--port must be a port number')
    .max(65_535, '--port must be a port number')
    .default(0),
  public: z.boolean().default(false),
  print: z.boolean().default(false),
  json: z.boolean().default(false),
});
type Wish = z.infer<typeof Wish>;

/** The code that GitHub sends is good for an hour. */
const patienceMs = 3_600_000;

export async function runGitHub(input: CommandInput): Promise<number> {
  const { host, flags, positionals } = input;
  if (positionals[0] !== 'setup')
    throw usage(`running "greenroom github ${positionals[0] ?? ''}"`, 'Say "greenroom github setup".');
  const parsed = Wish.safeParse(flags);
  if (!parsed.success) throw usage('reading the flags', parsed.error.issues.map(({ message }) => message).join('; '));
  const wish = parsed.data;
  const config = loadConfig(input);
  refuseUnreachable(config.service.publicUrl);
  const say = (line: string) => host.stderr.write(`${line}\n`);
  const isPrinted = wish.print || wish.json;
  const files = isPrinted ? null : await openCredentialFiles(config.service.dataDir);
  try {
    const credentials = await makeApp({ config, wish, say, signal: host.shutdown });
    const { githubApiUrl: apiUrl, githubDeployments: deployments } = config;
    const made = { credentials, apiUrl, isPublic: wish.public, deployments };
    await files?.write(made);
    const { slug, page, privateKey, owner } = credentials;
    say(`the App "${slug}" is made: ${page}`);
    if (files === null) host.stdout.write(printed(variablesOf(made, onOneLine(privateKey)), wish.json));
    else say(`its credentials are in ${files.envPath}, and in the .pem beside it: only you may read them`);
    if (wish.public)
      say(`anybody may install it, and "${owner}" alone is served: add others to GREENROOM_GITHUB_OWNERS`);
    say(`next: install it on your repositories: ${page}/installations/new`);
    if (files !== null)
      say(`then: set -a; . ${files.envPath}; set +a; greenroom serve   (and, beside it, greenroom doctor)`);
    return exitCodes.passed;
  } finally {
    await files?.close();
  }
}

interface Making {
  config: Config;
  wish: Wish;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Serves the two pages until the person has come back from GitHub. */
async function makeApp({ config, wish, say, signal }: Making): Promise<AppCredentials> {
  const apiUrl = config.githubApiUrl;
  const state = randomBytes(32).toString('hex');
  const { promise: made, resolve, reject } = Promise.withResolvers<AppCredentials>();
  made.catch(() => undefined);
  const over = new AbortController();
  let callback = '';
  const name = wish.name ?? `Greenroom ${wish.org ?? config.service.instance}`;
  const app = setupPage({
    state,
    registrationAddress: registrationAddress(apiUrl, wish.org ?? null, state),
    manifest: () =>
      appManifest({
        name,
        publicUrl: config.service.publicUrl,
        redirectUrl: callback,
        isPublic: wish.public,
        deployments: config.githubDeployments,
      }),
    onCode: async (code) => {
      const registered = registerApp(apiUrl, code, signal);
      registered.then(resolve, reject);
      return registered;
    },
  });
  const served = await listen(app, { host: '127.0.0.1', port: wish.port });
  callback = `${served.url}/callback`;
  try {
    say(
      `open ${served.url}/ in a browser on this machine (from another one: ssh -L ${served.port}:127.0.0.1:${served.port} ...)`,
    );
    return await Promise.race([made, tooLate(AbortSignal.any([signal, over.signal]))]);
  } finally {
    over.abort();
    // The last page is on its way to the browser.
    await served.close();
  }
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await sleep(patienceMs, undefined, { signal });
  throw new RunError('waiting for GitHub to send you back', {
    code: 'SETUP_TIMEOUT',
    remedy: 'retry',
    hint: 'A code of GitHub is good for an hour: begin again.',
  });
}

/** GitHub takes no address that only this machine reaches. */
function refuseUnreachable(publicUrl: string): void {
  const { hostname } = new URL(publicUrl);
  if (!/^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\])$/.test(hostname)) return;
  throw new RunError(`making a GitHub App that would deliver to "${publicUrl}"`, {
    code: 'PUBLIC_URL_MISSING',
    remedy: 'fix-input',
    hint: 'Set GREENROOM_PUBLIC_URL to the address at which GitHub reaches this service, such as https://greenroom.example.com.',
  });
}

function printed(variables: Record<string, string>, asJson: boolean): string {
  if (asJson) return `${JSON.stringify(variables)}\n`;
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function usage(doing: string, hint: string): RunError {
  return new RunError(doing, { code: 'USAGE', remedy: 'fix-input', hint });
}
