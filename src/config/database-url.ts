const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Words of libpq that node-postgres passes over in silence, although they say which server and as whom. */
const passedOver: Readonly<Record<string, string>> = {
  hostaddr: 'name the address as the host',
  passfile: 'set PGPASSFILE',
  service: 'write the connection out',
  target_session_attrs: 'name the primary as the host',
};

/**
 * What of DATABASE_URL only some drivers understand: better refused than read in two ways by our store and by Pulumi.
 * @throws Error with a message that never repeats the value
 */
export function checkDatabaseUrl(text: string | undefined): void {
  const [, authority = '', search = ''] = /^postgres(?:ql)?:\/\/([^/?]*)[^?]*(?:\?(.*))?$/.exec(text ?? '') ?? [];
  const words = new URLSearchParams(search);
  const hosts = words.get('host') ?? authority.slice(authority.lastIndexOf('@') + 1);
  if (hosts.includes(',')) throw new Error('names several hosts: name the primary, or a proxy before them');
  for (const [word, cure] of Object.entries(passedOver)) {
    if (words.has(word)) throw new Error(`holds "${word}", which is not supported: ${cure}`);
  }
  if (words.get('sslrootcert') === 'system') {
    throw new Error('holds "sslrootcert=system": leave it out, public authorities are trusted without it');
  }
  const sslMode = words.get('sslmode');
  if (sslMode !== null && !sslModes.includes(sslMode))
    throw new Error(`must have an sslmode of ${sslModes.join(', ')}`);
}
