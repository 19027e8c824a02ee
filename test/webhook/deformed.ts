import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';

/** One POST as a broken, careless or hostile sender makes it. */
export interface Deformed {
  path: '/webhooks/github' | '/webhooks/gitea';
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer>;
}

const oddValues = fc.oneof(
  fc.constantFrom(
    null,
    true,
    -1,
    0.1,
    1e308,
    Number.MAX_SAFE_INTEGER + 2,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '../..',
    '__proto__',
  ),
  fc.constantFrom([], {}, [[]], { '': {} }, { length: -1 }, { toString: 'x' }, '\u202e\u001b[2J', 'x'.repeat(100_000)),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => deep(depth)),
  fc.jsonValue(),
  fc.string({ unit: 'binary', maxLength: 200 }),
);
const names = fc.oneof(
  { weight: 8, arbitrary: fc.constant(null) },
  fc.constantFrom(
    '',
    'pull_request',
    'issue_comment',
    'check_run',
    'merge_group',
    'constructor',
    '__proto__',
    'a b',
    'é',
  ),
  fc.string({ maxLength: 120 }),
);
const contentTypes = fc.oneof(
  { weight: 12, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'application/json; charset=utf-7',
    'text/plain',
    'application/x-www-form-urlencoded',
    'APPLICATION/JSON;',
    '',
  ),
);
const signatures = fc.oneof(
  { weight: 12, arbitrary: fc.constant('right') },
  fc.constantFrom('sha256=', 'sha1=abc', `sha256=${'0'.repeat(64)}`, `sha256=${'z'.repeat(64)}`, ''),
);
const ids = fc.oneof(
  { weight: 6, arbitrary: fc.uuid() },
  fc.constantFrom('', 'a', 'x'.repeat(300), 'a b', "'; drop table"),
);

export interface Example {
  name: string;
  body: unknown;
}

/** Examples of a forge's own, with something wrong in them, signed rightly more often than not. */
export function deformed(examples: readonly Example[], secret: string): fc.Arbitrary<Deformed> {
  const bytesOf = fc.constantFrom(...examples).chain((example) => {
    const changes = fc.array(fc.tuple(fc.nat(), oddValues), { maxLength: 4 });
    const json = changes.map((all) => Buffer.from(JSON.stringify(all.reduce(replaced, structuredClone(example.body)))));
    return json.chain((bytes) => broken(bytes)).map((body) => ({ name: example.name, body }));
  });
  return fc
    .record({ sent: bytesOf, path: fc.constantFrom('/webhooks/github', '/webhooks/gitea'), name: names, id: ids })
    .chain(({ sent, path, name, id }) =>
      fc.record({ contentType: contentTypes, signature: signatures }).map(({ contentType, signature }): Deformed => {
        const right = `sha256=${createHmac('sha256', secret).update(sent.body).digest('hex')}`;
        const forge = path === '/webhooks/github' ? 'GitHub' : 'Gitea';
        const headers = {
          'content-type': contentType,
          [`x-${forge}-event`]: name ?? sent.name,
          [`x-${forge}-delivery`]: id,
          'x-hub-signature-256': signature === 'right' ? right : signature,
        };
        return { path: path as Deformed['path'], headers: sendable(headers), body: sent.body };
      }),
    );
}

/** As they are, or with bytes cut, doubled, exchanged or put in. */
function broken(bytes: Buffer<ArrayBuffer>): fc.Arbitrary<Buffer<ArrayBuffer>> {
  const place = fc.nat({ max: Math.max(0, bytes.length - 1) });
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(bytes) },
    place.map((at) => Buffer.from(bytes.subarray(0, at))),
    fc
      .tuple(place, fc.uint8Array({ maxLength: 16 }))
      .map(([at, odd]) => Buffer.concat([bytes.subarray(0, at), odd, bytes.subarray(at + odd.length)])),
    fc
      .tuple(place, place)
      .map(([from, to]) => Buffer.concat([bytes, bytes.subarray(Math.min(from, to), Math.max(from, to))])),
  );
}

/** Puts a value in the place of one somewhere in the whole. */
function replaced(whole: unknown, [turn, value]: [number, unknown]): unknown {
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown, depth: number): void => {
    if (typeof node !== 'object' || node === null || depth > 12 || places.length > 2_000) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk((node as Record<string, unknown>)[key], depth + 1);
    }
  };
  walk(whole, 0);
  const place = places[turn % Math.max(1, places.length)];
  if (place === undefined) return copyOf(value);
  // As JSON has it: `__proto__` is a name like any other there. A copy, for the next value may be put inside this one, or be the same.
  const own = copyOf(value);
  Object.defineProperty(place[0], place[1], { value: own, enumerable: true, configurable: true, writable: true });
  return whole;
}

/** Deeper than `structuredClone` gets. */
function copyOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function deep(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** What no HTTP client sends is not our service's to answer. */
function sendable(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?').trim()]),
  );
}
