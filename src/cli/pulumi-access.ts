import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config } from '../config/operator-config.ts';
import { postgresBackend } from '../environment/pulumi-backend.ts';
import { clearDeadOperations, type PulumiAccess } from '../environment/pulumi-operations.ts';
import type { Host } from '../host.ts';
import { sharedSecret } from '../store/shared-secret.ts';
import type { Store } from '../store/store.ts';
import { pulumiTable, schema } from '../store/tables.ts';

/**
 * Pulumi's state stands where our rows do: what one replica brought up, any other can destroy (docs/decisions/0030).
 * @param root `<root>/bin/pulumi` with its provider beside it
 */
export async function openPulumi(root: string, host: Host, config: Config, store: Store): Promise<PulumiAccess> {
  const folder = join(config.service.dataDir, 'pulumi');
  const stateDir = join(folder, 'work');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await clearDeadOperations(stateDir);
  const { url } = config.database;
  if (url === null) {
    const backend = { url: pathToFileURL(join(folder, 'state')).href, env: {} };
    return { root, stateDir, backend, passphrase: await passphraseIn(folder) };
  }
  const passwordFile = await passwordFileOf(host);
  const place = { databaseUrl: url.reveal(), schema, table: pulumiTable, folder, passwordFile };
  return {
    root,
    stateDir,
    backend: await postgresBackend(place),
    passphrase: await sharedSecret(store, 'pulumi-passphrase'),
  };
}

/** Encrypts secrets in Pulumi's state; made once per data folder. */
async function passphraseIn(folder: string): Promise<string> {
  const file = join(folder, 'passphrase');
  const made = randomBytes(32).toString('base64url');
  await writeFile(file, made, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(file, 'utf8');
}

/** Where node-postgres looks for a password that the address does not hold. */
async function passwordFileOf({ env }: Host): Promise<string | null> {
  const file = env.PGPASSFILE ?? join(env.HOME ?? homedir(), '.pgpass');
  return access(file).then(
    () => file,
    () => null,
  );
}
