import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessOf } from '../../src/dashboard/access/access.ts';
import type { Person, Readers } from '../../src/dashboard/access/readers.ts';
import { sealerOf } from '../../src/dashboard/access/sealed.ts';
import { nextOf } from '../../src/dashboard/access/sign-in.ts';
import { createDashboard } from '../../src/dashboard/dashboard.ts';
import { RunError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import type { ArtifactStore } from '../../src/store/artifact-store.ts';
import type { Store } from '../../src/store/store.ts';
import { openQuickStore } from '../store/quick-store.ts';
import { begun, liveDocument, redDocument } from './sample-documents.ts';
import { storeRun } from './stored-run.ts';

const token = 'a token of the operator, long enough';
const publicUrl = 'https://greenroom.example.test';
const mona: Person = { forge: 'github', login: 'mona' };

let store: Store;
let nowMs = begun;
let questions: string[] = [];
let isAway = false;
/** What the forge would say: `acme/open` is for everybody, `acme/shop` for mona. */
const readers: Readers = {
  isPublic: (repository) => say(`who may read ${repository}`, repository === 'acme/open'),
  mayRead: (repository, { login }) =>
    say(`may ${login} read ${repository}`, repository === 'acme/shop' && login === 'mona'),
};
async function say(question: string, answer: boolean): Promise<boolean> {
  questions.push(question);
  if (isAway) throw new RunError(question, { code: 'FORGE_UNREACHABLE', remedy: 'retry' });
  return answer;
}
const page = Buffer.from('<!doctype html><img src="data/a.png">');
const artifacts = { open: async () => ({ bytes: page.length, read: async () => new Blob([page]).stream() }) };

const options = { isOpen: false, token, forges: [], readers, publicUrl, now: () => new Date(nowMs) };
let app: ReturnType<typeof createDashboard>;
const seal = (person: Person) =>
  `greenroom_session=${sealerOf([token], () => nowMs).seal('session', { kind: 'person', ...person }, 60_000)}`;
const get = (path: string, headers: Record<string, string> = {}) => app.request(`${publicUrl}${path}`, { headers });
const asPerson = (path: string, headers: Record<string, string>) => get(path, { accept: 'text/html', ...headers });

beforeAll(async () => {
  store = await openQuickStore(() => new Date(nowMs));
  const inRepository = (repository: string, change: number) => {
    const document = change === 2 ? liveDocument() : redDocument();
    return { ...document, run: { ...document.run, repository, change } };
  };
  await storeRun(store, 'shop', inRepository('acme/shop', 1));
  await storeRun(store, 'open', inRepository('acme/open', 2));
  await storeRun(store, 'secret', inRepository('acme/secret', 3));
});
afterAll(async () => {
  await store.close();
});
beforeEach(() => {
  nowMs = begun;
  questions = [];
  isAway = false;
  app = createDashboard({
    store,
    artifacts: artifacts as unknown as ArtifactStore,
    access: accessOf(options),
    log: silentLog(),
  });
});

describe('somebody whom nobody knows', () => {
  test('sees what belongs to a public repository, and is asked who they are for all else', async () => {
    const [open, shop, none] = [
      await asPerson('/runs/open', {}),
      await asPerson('/runs/shop', {}),
      await asPerson('/runs/none', {}),
    ];

    expect([open.status, shop.status, none.status]).toEqual([200, 401, 401]);
    const text = await shop.text();
    expect(text).toContain('href="/sign-in?next=%2Fruns%2Fshop"');
    expect(text).not.toContain('acme');
    expect(await none.text()).toBe(text.replaceAll('shop', 'none'));
  });

  test.each(['/runs/shop/log.txt', '/api/runs/shop', '/runs/shop/artifacts/e2e/report/index.html'])(
    'gets nothing of %s',
    async (path) => {
      const answer = await get(path);

      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(await answer.json()).toEqual({ message: 'Sign in, or send a token.' });
    },
  );

  test('sees public runs alone in the lists, and that there is a way in', async () => {
    const list = (await (await get('/api/runs')).json()) as { runs: { id: string }[] };
    const text = await (await get('/')).text();

    expect(list.runs.map(({ id }) => id)).toEqual(['open']);
    expect(text).toContain('/runs/open');
    expect(text).not.toMatch(/acme\/(shop|secret)/);
    expect(text).toContain('<a href="/sign-in">Sign in</a>');
  });

  test.each([
    ['no seal of ours', 'greenroom_session=eyJ2YWx1ZSI6eyJraW5kIjoib3BlcmF0b3IifSwidW50aWwiOjllMTV9.AAAA'],
    [
      'a seal of another secret',
      `greenroom_session=${sealerOf(['another'], () => begun).seal('session', { kind: 'operator' }, 60_000)}`,
    ],
    [
      'a seal for another purpose',
      `greenroom_session=${sealerOf([token], () => begun).seal('artifacts', { kind: 'operator' }, 60_000)}`,
    ],
    [
      'a seal that is over',
      `greenroom_session=${sealerOf([token], () => begun - 61_000).seal('session', { kind: 'operator' }, 60_000)}`,
    ],
  ])('is not let in by %s', async (_, cookie) => {
    expect((await get('/api/runs/shop', { cookie })).status).toBe(401);
  });
});

test('where nobody can sign in, no seal that somebody makes lets them in', async () => {
  const access = accessOf({ ...options, token: null });
  const closed = createDashboard({
    store,
    artifacts: artifacts as unknown as ArtifactStore,
    access,
    log: silentLog(),
  });

  for (const guess of [[], [''], ['', '']]) {
    const seal = sealerOf(guess, () => nowMs).seal('session', { kind: 'operator' }, 60_000);
    const headers = { cookie: `greenroom_session=${seal}` };
    expect((await closed.request(`${publicUrl}/api/runs/secret`, { headers })).status).toBe(401);
  }
});

describe('the operator', () => {
  test('sees everything by the token, and nothing by another', async () => {
    const right = await get('/api/runs/secret', { authorization: `Bearer ${token}` });
    const wrong = await get('/api/runs/secret', { authorization: `Bearer ${token}!` });

    expect([right.status, wrong.status]).toEqual([200, 401]);
    expect(questions).toEqual(['who may read acme/secret']);
  });

  test('signs in with it, and out again', async () => {
    const body = new URLSearchParams({ token });
    const from = { origin: publicUrl, 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await app.request(`${publicUrl}/sign-in?next=%2Fruns%2Fsecret`, {
      method: 'POST',
      body,
      headers: from,
    });
    const set = answer.headers.get('set-cookie') ?? '';
    const cookie = set.split(';')[0] ?? '';

    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/runs/secret']);
    expect(set).toMatch(/; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(set).not.toContain(token);
    expect((await get('/runs/secret', { cookie })).status).toBe(200);
    const out = await app.request(`${publicUrl}/sign-out`, { method: 'POST', headers: { ...from, cookie } });
    expect(out.headers.get('set-cookie')).toMatch(/^greenroom_session=; Max-Age=0/);
  });

  test.each([
    ['another token', 'another token of that length....', publicUrl, 401],
    ["another site's form", token, 'https://evil.example', 403],
  ])('%s does not sign anybody in', async (_, given, origin, status) => {
    const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await app.request(`${publicUrl}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ token: given }),
      headers,
    });

    expect(answer.status).toBe(status);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});

describe('somebody whom their forge has named', () => {
  test('sees what they may read there, and of the rest not even that it is there', async () => {
    const cookie = seal(mona);
    const answers = await Promise.all(
      ['shop', 'open', 'secret', 'none'].map((id) => asPerson(`/runs/${id}`, { cookie })),
    );

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 404]);
    expect(await answers[2]?.text()).toBe(await answers[3]?.text());
  });

  test('is looked up once a minute, whatever they look at', async () => {
    const cookie = seal(mona);
    await Promise.all([get('/runs/shop', { cookie }), get('/runs/shop', { cookie }), get('/', { cookie })]);
    expect(questions.filter((question) => question === 'may mona read acme/shop')).toHaveLength(1);

    nowMs += 60_001;
    await get('/runs/shop', { cookie: seal(mona) });
    expect(questions.filter((question) => question === 'may mona read acme/shop')).toHaveLength(2);
  });

  test('goes on while the forge is away, for a while; nobody new is let in', async () => {
    await get('/runs/shop', { cookie: seal(mona) });
    isAway = true;
    nowMs += 10 * 60_000;
    const [known, unknown] = [
      await asPerson('/runs/shop', { cookie: seal(mona) }),
      await asPerson('/runs/shop', { cookie: seal({ ...mona, login: 'rita' }) }),
    ];
    nowMs += 6 * 60_000;
    const later = await asPerson('/runs/shop', { cookie: seal(mona) });

    expect([known.status, unknown.status, later.status]).toEqual([200, 503, 503]);
    expect(unknown.headers.get('retry-after')).toBe('30');
  });
});

describe('a report of a run that is not for everybody', () => {
  const address = '/runs/shop/artifacts/e2e/report/index.html';

  test('is asked for at an address by which its own files are found without a cookie, for an hour', async () => {
    const first = await get(address, { cookie: seal(mona) });
    const there = first.headers.get('location') ?? '';
    expect([first.status, there]).toEqual([
      302,
      expect.stringMatching(/^\/runs\/shop\/artifacts\/~[^/]+\/e2e\/report\/index.html$/),
    ]);

    const picture = there.replace('index.html', 'data/a.png');
    expect((await get(there)).status).toBe(200);
    expect((await get(there)).headers.get('content-security-policy')).toBe('sandbox allow-scripts');
    expect((await get(picture)).status).toBe(200);
    nowMs += 3_600_001;
    expect((await get(picture)).status).toBe(401);
  });

  test('opens nothing but the files of its run', async () => {
    const there = (await get(address, { cookie: seal(mona) })).headers.get('location') ?? '';

    expect((await get(there.replace('/runs/shop/', '/runs/secret/'))).status).toBe(401);
    const ticket = /~[^/]+/.exec(there)?.[0];
    expect((await get(`/runs/shop/log.txt?x=/artifacts/${ticket}/`)).status).toBe(401);
    expect((await get(`/api/runs/shop/artifacts/${ticket}/`)).status).toBe(401);
  });

  test('of a public one is where it is', async () => {
    expect((await get('/runs/open/artifacts/e2e/report/index.html')).status).toBe(200);
  });
});

test.each([
  ['/runs/a?x=1', '/runs/a?x=1'],
  ['https://evil.example/', '/'],
  ['//evil.example/', '/'],
  ['/\\evil.example/', '/'],
  ['/.//evil.example', '/'],
  ['javascript:alert(1)', '/'],
  [undefined, '/'],
])('after signing in, "%s" leads to %s', (wish, expected) => {
  expect(nextOf(wish)).toBe(expected);
});
