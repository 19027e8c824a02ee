/** An error as PostgreSQL's drivers throw it: code that looks at a SQLSTATE finds it. */
export class SqlError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** 40001: nothing happened, the store tries the transaction again. */
export function serializationFailure(): SqlError {
  return new SqlError('40001', 'could not serialize access due to concurrent update');
}

/** 57P01: the server ended the connection; thrown after a commit, the commit is there and nobody was told. */
export function connectionLost(): SqlError {
  return new SqlError('57P01', 'terminating connection due to administrator command');
}

export type SqliteValue = string | number | bigint | null | Uint8Array;

/** A parameter as SQLite keeps it: instants as milliseconds, booleans as 0 and 1. What PostgreSQL refuses is refused. */
export function encode(value: unknown): SqliteValue {
  switch (typeof value) {
    case 'string':
      if (value.includes('\u0000')) throw new SqlError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new SqlError('22P02', `invalid input syntax for type integer: "${value}"`);
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'bigint':
      return value;
    case 'undefined':
      return null;
    default:
      return encodeObject(value);
  }
}

/** What jsonb refuses: an escaped NUL whose backslash is not itself escaped. */
export function checkJsonb(value: unknown): void {
  if (typeof value === 'string' && value.includes('\\u0000') && escapedNul.test(value)) {
    throw new SqlError('22P05', 'unsupported Unicode escape sequence');
  }
}

const escapedNul = /(?<!\\)(?:\\\\)*\\u0000/;

function encodeObject(value: unknown): SqliteValue {
  if (value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) {
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw new SqlError('22007', 'invalid input syntax for type timestamp: "Invalid Date"');
    return ms;
  }
  throw new SqlError('22P02', `no parameter can be ${JSON.stringify(value)}: jsonb goes through asJson()`);
}

/** How a column of this declared type comes back; null: as it is. An expression has none, and comes back raw. */
export function decoderOf(declaredType: string | null): ((value: unknown) => unknown) | null {
  switch (declaredType?.toLowerCase()) {
    case 'timestamptz':
      return (value) => (typeof value === 'number' ? new Date(value) : value);
    case 'boolean':
      return (value) => (value === null ? null : value === 1);
    case 'json':
    case 'jsonb':
      return (value) => (typeof value === 'string' ? JSON.parse(value) : value);
    default:
      return null;
  }
}

const sqlStates: Readonly<Record<number, string>> = {
  275: '23514',
  787: '23503',
  1299: '23502',
  1555: '23505',
  2067: '23505',
};

export function asSqlError(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  const code = error.message === 'malformed JSON' ? '22P02' : sqlStates[Number(error.errcode)];
  return code === undefined ? error : new SqlError(code, error.message, error);
}

/** PostgreSQL's `jsonb_set`, for paths through objects such as `{teardown}`. */
export function jsonbSet(document: unknown, path: unknown, value: unknown): string | null {
  if (typeof document !== 'string' || typeof path !== 'string' || typeof value !== 'string') return null;
  const keys = path.slice(1, -1).split(',');
  const whole: unknown = JSON.parse(document);
  let inner: unknown = whole;
  for (const key of keys.slice(0, -1)) inner = isObject(inner) ? inner[key] : undefined;
  if (isObject(inner)) inner[keys.at(-1) ?? ''] = JSON.parse(value);
  return JSON.stringify(whole);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
