/**
 * What `src/store` and its migrations say to PostgreSQL, in SQLite's words. Text to text, once per distinct statement.
 * It knows what they use today; what it does not know SQLite refuses by name, and what SQLite would silently read
 * otherwise (`in ()`) is refused here. Raw SQL must order by columns that are never null: the dialect sees to the place
 * of nulls only where Kysely builds the clause.
 */
export function toSqlite(text: string): string {
  if (/^\s*create schema\b/i.test(text)) return '';
  const rules = /^\s*(create|alter|drop)\b/i.test(text) ? [...everywhere, ...definitions] : everywhere;
  const parts = text.split(/('(?:[^']|'')*')/);
  // Odd parts are string literals.
  return parts.map((part, index) => (index % 2 === 1 ? part : apply(part, rules))).join('');
}

type Rule = readonly [RegExp, string | ((match: string, ...groups: string[]) => string)];

const everywhere: readonly Rule[] = [
  [/"?\bgreenroom"?\./g, ''],
  [/\$(\d+)::jsonb?\b/g, 'json(?$1)'],
  [/\$(\d+)(?:::(?:timestamptz|text|integer|bigint|boolean)\b)?/g, '?$1'],
  // SQLite plans anew for each value of a bare limit, which takes twenty times as long as the answer.
  [/\blimit (\?\d+)/g, 'limit $1 + 0'],
  // A cast of the literal before it.
  [/^::\w+/, ''],
  // One connection, one transaction at a time: whoever reads holds every lock.
  [/ for (?:no key )?(?:update|share)(?: of [\w", ]+?)?(?: skip locked| nowait)?(?=\s*$|\s*\))/g, ''],
  [/\bin \(\s*\)/g, refuse('an empty list')],
];

const definitions: readonly Rule[] = [
  [/\btimestamp with time zone\b/g, 'timestamptz'],
  [/\bbigint generated always as identity primary key\b/g, 'integer not null primary key autoincrement'],
  [/ text_pattern_ops\b/g, ''],
  // SQLite lets a primary key be null.
  [/(?<!not null )\bprimary key\b(?!\s*\()/g, 'not null primary key'],
  // This very type would be another name of the row's own number, which fills itself in.
  [/\binteger not null primary key\b(?! autoincrement)/g, 'int not null primary key'],
  // PostgreSQL refuses a value of the wrong type, SQLite keeps it.
  [
    /("?\b\w+"?) (integer|int|bigint|boolean|timestamptz)\b(?! not null primary key autoincrement)/g,
    "$1 $2 check (typeof($1) in ('integer', 'null'))",
  ],
  [/\bdefault now\(\)/g, "default (cast(unixepoch('subsec') * 1000 as integer))"],
];

function apply(text: string, rules: readonly Rule[]): string {
  return rules.reduce((rest, [pattern, put]) => {
    return typeof put === 'string' ? rest.replace(pattern, put) : rest.replace(pattern, put);
  }, text);
}

function refuse(what: string) {
  return (match: string): never => {
    throw new SyntaxError(`PostgreSQL knows no "${match}": ${what}`);
  };
}
