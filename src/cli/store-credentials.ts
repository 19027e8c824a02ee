import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../errors.ts';
import type { AppCredentials } from '../forge/github/register-app.ts';

const defaultApiUrl = 'https://api.github.com';
const plain = /^[\w@%+=:,./-]*$/;

/** An App that was made, and what its maker wished of it. */
export interface MadeApp {
  credentials: AppCredentials;
  apiUrl: string;
  isPublic: boolean;
  deployments: boolean;
}

/** The App in the words of the configuration. `privateKey`: the PEM on one line, or the path of its file. */
export function variablesOf(
  { credentials, apiUrl, isPublic, deployments }: MadeApp,
  privateKey: string,
): Record<string, string> {
  return {
    ...(apiUrl === defaultApiUrl ? {} : { GREENROOM_GITHUB_API_URL: apiUrl }),
    GREENROOM_GITHUB_APP_ID: credentials.appId,
    GREENROOM_GITHUB_PRIVATE_KEY: privateKey,
    GREENROOM_GITHUB_WEBHOOK_SECRET: credentials.webhookSecret,
    GREENROOM_GITHUB_CLIENT_ID: credentials.clientId,
    GREENROOM_GITHUB_CLIENT_SECRET: credentials.clientSecret,
    // Whoever else installs it is let in by name.
    ...(isPublic ? { GREENROOM_GITHUB_OWNERS: credentials.owner } : {}),
    ...(deployments ? { GREENROOM_GITHUB_DEPLOYMENTS: 'on' } : {}),
  };
}

/** The PEM as one line, as a variable can hold it. */
export function onOneLine(pem: string): string {
  return pem.trim().replaceAll(/\r?\n/g, '\\n');
}

/** Two files that only their owner may read, kept open until there is something to write. */
export interface CredentialFiles {
  envPath: string;
  /** @returns nothing; the files are there under their names once this resolves */
  write(made: MadeApp): Promise<void>;
  /** Leaves nothing behind that was not written. */
  close(): Promise<void>;
}

/**
 * Makes sure of the place before GitHub is asked: what it hands out once must not be lost for a full disk or a wrong folder.
 * @throws RunError `CREDENTIALS_EXIST`, `CREDENTIALS_UNWRITABLE` (fix-input)
 */
export async function openCredentialFiles(folder: string): Promise<CredentialFiles> {
  const [envPath, keyPath] = [join(folder, 'github-app.env'), join(folder, 'github-app.pem')];
  for (const path of [envPath, keyPath]) if (await exists(path)) throw existing(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const path of [envPath, keyPath]) await rm(`${path}.new`, { force: true });
    const key = await open(`${keyPath}.new`, 'wx', 0o600);
    const env = await open(`${envPath}.new`, 'wx', 0o600);
    return {
      envPath,
      async write(made) {
        await key.writeFile(made.credentials.privateKey);
        await env.writeFile(envText(made, keyPath));
        for (const file of [key, env]) await file.sync();
        await rename(`${keyPath}.new`, keyPath);
        await rename(`${envPath}.new`, envPath);
      },
      async close() {
        for (const file of [key, env]) await file.close();
        for (const path of [envPath, keyPath]) await rm(`${path}.new`, { force: true });
      },
    };
  } catch (cause) {
    throw new RunError(`making the files for the credentials in "${folder}"`, {
      code: 'CREDENTIALS_UNWRITABLE',
      remedy: 'fix-input',
      hint: 'Name another folder by GREENROOM_DATA_DIR, or say --print and keep them in a secret store.',
      cause,
    });
  }
}

function envText(made: MadeApp, keyPath: string): string {
  const lines = Object.entries(variablesOf(made, keyPath)).map(([name, value]) => `${name}=${quoted(value)}`);
  return [`# ${made.credentials.page}`, ...lines, ''].join('\n');
}

/** For a shell, and for systemd; what needs no quotes has none, for Docker takes them for a part of the value. */
function quoted(value: string): string {
  return plain.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function existing(path: string): RunError {
  return new RunError(`making a GitHub App whose credentials would go to "${path}"`, {
    code: 'CREDENTIALS_EXIST',
    remedy: 'fix-input',
    hint: 'The file is there: use it, move it away, or say --print.',
  });
}
