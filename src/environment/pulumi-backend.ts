import { stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { getCACertificates } from 'node:tls';
import { RunError } from '../errors.ts';

/** Where Pulumi keeps its state, in the CLI's own words. */
export interface PulumiBackend {
  /** `file:///...` or `postgres://...`; without a password, since the CLI repeats it in its errors. */
  url: string;
  /** What its database asks for besides. */
  env: Readonly<Record<string, string>>;
}

export interface PostgresPlace {
  /** DATABASE_URL. */
  databaseUrl: string;
  schema: string;
  table: string;
  /** Ours; holds the authorities that Node trusts, for a server with TLS. */
  folder: string;
  /** Where the password stands when the address has none: PGPASSFILE, or `~/.pgpass`. */
  passwordFile: string | null;
}

/** What node-postgres makes of an address and the PG* variables. */
interface Connection {
  host: string;
  port: number;
  user?: string;
  database?: string;
  password?: string | null;
  ssl: boolean | { rejectUnauthorized?: boolean; checkServerIdentity?: unknown };
  connectionParameters: { options?: string; sslnegotiation?: string };
}

const connectTimeoutSeconds = 10;

/**
 * The state in the same database as our tables. The CLI's driver (lib/pq) reads addresses in another way than node-postgres does:
 * sockets, `sslmode`, defaults. So node-postgres reads it, and the CLI is told what came out, word by word.
 * @throws RunError STORE_KEY_EXPOSED (fix-input)
 */
export async function postgresBackend(place: PostgresPlace): Promise<PulumiBackend> {
  const { default: pg } = await import('pg');
  const connection = new pg.Client({ connectionString: place.databaseUrl }) as unknown as Connection;
  const { host, port, user, database, password, connectionParameters } = connection;
  const { options, sslnegotiation } = connectionParameters;
  const words = {
    host,
    port: String(port),
    user,
    dbname: database,
    options,
    sslnegotiation,
    ...(await tlsWords(connection.ssl, place)),
    connect_timeout: String(connectTimeoutSeconds),
    application_name: 'greenroom-pulumi',
    // Not in the name of the table: the CLI makes the name of an index of it, which can have no schema.
    search_path: place.schema,
    table: place.table,
  };
  const given = Object.entries(words).filter((word): word is [string, string] => Boolean(word[1]));
  return { url: `postgres:///?${new URLSearchParams(given)}`, env: passwordOf(password, place.passwordFile) };
}

function passwordOf(password: string | null | undefined, passwordFile: string | null): Record<string, string> {
  if (password) return { PGPASSWORD: password };
  return passwordFile === null ? {} : { PGPASSFILE: passwordFile };
}

/** `sslmode` as lib/pq understands it. Node trusts its own authorities and those of NODE_EXTRA_CA_CERTS: so does the CLI then. */
async function tlsWords(
  ssl: Connection['ssl'],
  { databaseUrl, folder }: PostgresPlace,
): Promise<Record<string, string | undefined>> {
  if (ssl === false) return { sslmode: 'disable' };
  const asked = new URLSearchParams(databaseUrl.replace(/^[^?]*\??/, ''));
  const file = (name: string) => (asked.get(name) ? resolve(asked.get(name) ?? '') : undefined);
  const sslkey = file('sslkey');
  if (sslkey !== undefined) await refuseExposedKey(sslkey);
  const own = { sslcert: file('sslcert'), sslkey };
  const { rejectUnauthorized, checkServerIdentity } = ssl === true ? {} : ssl;
  if (rejectUnauthorized === false) return { ...own, sslmode: 'require' };
  const sslmode = checkServerIdentity === undefined ? 'verify-full' : 'verify-ca';
  return { ...own, sslmode, sslrootcert: file('sslrootcert') ?? (await trustedAuthorities(folder)) };
}

async function trustedAuthorities(folder: string): Promise<string> {
  const file = join(folder, 'database-authorities.pem');
  await writeFile(file, getCACertificates('default').join('\n'));
  return file;
}

/** lib/pq takes no key that others may read; node-postgres does. */
async function refuseExposedKey(path: string): Promise<void> {
  const { mode, uid } = await stat(path);
  if ((mode & (uid === 0 ? 0o037 : 0o077)) === 0) return;
  throw new RunError(`reading the key "${path}" that DATABASE_URL names`, {
    code: 'STORE_KEY_EXPOSED',
    remedy: 'fix-input',
    hint: `Others may read it, which Pulumi refuses: chmod 600 ${path}`,
  });
}
