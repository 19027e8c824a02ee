import { expect, test } from 'vitest';
import { conditionalFetch, KnownAnswers } from '../../src/forge/github/conditional-fetch.ts';

const url = 'https://api.github.com/repos/o/r';

/** A server that answers what `state` says, by its tag. */
function aServer() {
  const state = { body: '{"a":1}', etag: '"1"', status: 200, type: 'application/json; charset=utf-8' };
  const answered: number[] = [];
  const inner: typeof fetch = async (_, init) => {
    const isKnown = new Headers(init?.headers).get('if-none-match') === state.etag && state.status === 200;
    const status = isKnown ? 304 : state.status;
    answered.push(status);
    const headers = { etag: state.etag, 'content-type': state.type, 'x-ratelimit-remaining': String(answered.length) };
    return new Response(isKnown ? null : state.body, { status, headers });
  };
  return { state, answered, inner };
}

test('what has not changed is not sent again, and the caller sees it whole', async () => {
  const { answered, inner } = aServer();
  const ask = conditionalFetch(inner, new KnownAnswers(), '1');
  await (await ask(url)).json();

  const again = await ask(url);

  expect(await again.json()).toEqual({ a: 1 });
  expect([again.status, again.headers.get('x-ratelimit-remaining')]).toEqual([200, '2']);
  expect(answered).toEqual([200, 304]);
});

test('what has changed comes anew', async () => {
  const { state, answered, inner } = aServer();
  const ask = conditionalFetch(inner, new KnownAnswers(), '1');
  await ask(url);
  Object.assign(state, { body: '{"a":2}', etag: '"2"' });

  expect(await (await ask(url)).json()).toEqual({ a: 2 });
  expect(await (await ask(url)).json()).toEqual({ a: 2 });
  expect(answered).toEqual([200, 200, 304]);
});

test.each<[string, { method?: string; headers?: Record<string, string> }, string]>([
  ['another holder of credentials', {}, '2'],
  ['another form of the answer', { headers: { accept: 'text/plain' } }, '1'],
  ['a write', { method: 'PATCH' }, '1'],
])('%s gets nothing of what is kept', async (_, init, holder) => {
  const { answered, inner } = aServer();
  const answers = new KnownAnswers();
  await conditionalFetch(inner, answers, '1')(url);

  await conditionalFetch(inner, answers, holder)(url, init);

  expect(answered).toEqual([200, 200]);
});

test('a refusal is passed on, and what was known is forgotten', async () => {
  const { state, answered, inner } = aServer();
  const ask = conditionalFetch(inner, new KnownAnswers(), '1');
  await ask(url);
  state.status = 404;
  expect((await ask(url)).status).toBe(404);
  state.status = 200;

  await ask(url);

  expect(answered).toEqual([200, 404, 200]);
});

test('files and large answers are read anew', async () => {
  const { state, answered, inner } = aServer();
  const ask = conditionalFetch(inner, new KnownAnswers(), '1');
  state.type = 'application/octet-stream';
  await ask(url);
  state.type = 'application/json';
  state.body = JSON.stringify('x'.repeat(300_000));
  await ask(url);

  expect(await (await ask(url)).json()).toHaveLength(300_000);
  expect(answered).toEqual([200, 200, 200]);
});

test('what is kept is bounded, and what was not used for the longest time goes first', async () => {
  const { state, answered, inner } = aServer();
  state.body = JSON.stringify('x'.repeat(200_000));
  const ask = conditionalFetch(inner, new KnownAnswers(), '1');
  for (let n = 0; n < 90; n++) {
    await ask(`${url}?n=${n}`);
    await ask(`${url}?n=0`);
  }
  answered.length = 0;

  await ask(`${url}?n=0`);
  await ask(`${url}?n=1`);
  await ask(`${url}?n=89`);

  expect(answered).toEqual([304, 200, 304]);
});
