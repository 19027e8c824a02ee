import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type StandInFixture, startFixture } from '../forge/stand-in-fixture.ts';
import { type ServedDashboard, serveDashboard } from './served-dashboard.ts';
import { Visit } from './sign-in-flow.ts';

let fixture: StandInFixture;
let dashboard: ServedDashboard;
beforeAll(async () => {
  fixture = await startFixture();
  const { github } = fixture;
  await github.createRepository('ledger', { isPrivate: true });
  await github.createRepository('website', {});
  dashboard = await serveDashboard(
    () => ({
      GREENROOM_GITHUB_API_URL: github.apiUrl,
      GREENROOM_GITHUB_APP_ID: github.appId,
      GREENROOM_GITHUB_PRIVATE_KEY: github.privateKey,
      GREENROOM_GITHUB_WEBHOOK_SECRET: github.webhookSecret,
      GREENROOM_GITHUB_CLIENT_ID: github.client.id,
      GREENROOM_GITHUB_CLIENT_SECRET: github.client.secret,
    }),
    ['acme/ledger', 'acme/website'],
  );
  github.setCallbackUrl(`${dashboard.url}/sign-in/github/callback`);
});
afterEach(() => fixture.github.assertClean());
afterAll(async () => {
  await dashboard?.close();
  await fixture?.stop();
});

const status = async (visit: Visit, path: string) => (await visit.ask(`${dashboard.url}${path}`)).status;

/** The person's way to GitHub and back. @returns what the dashboard answers to the address with the code */
async function signIn(visit: Visit, login: string, changed = (address: string) => address): Promise<Response> {
  const asked = await visit.ask(`${dashboard.url}/sign-in/github?next=%2Fruns%2Fledger`);
  const confirmed = await visit.send(Visit.next(asked), { login });
  return visit.ask(changed(Visit.next(confirmed)));
}

describe('signing in with GitHub', () => {
  test('shows people what they may read there, and nobody else', async () => {
    const [olivia, stranger, nobody] = [new Visit(), new Visit(), new Visit()];
    const back = await signIn(olivia, 'olivia');
    await signIn(stranger, 'stranger');

    expect([back.status, Visit.next(back)]).toEqual([303, `${dashboard.url}/runs/ledger`]);
    expect(await Promise.all([olivia, stranger, nobody].map((one) => status(one, '/runs/ledger')))).toEqual([
      200, 404, 401,
    ]);
    expect(await Promise.all([olivia, stranger, nobody].map((one) => status(one, '/runs/website')))).toEqual([
      200, 200, 200,
    ]);
    expect(await (await olivia.ask(`${dashboard.url}/sign-in`)).text()).toContain(
      'You are signed in as olivia (GitHub)',
    );
  });

  test.each([
    ['another state', (address: string) => address.replace(/state=[^&]+/, 'state=another')],
    ['a code of nobody', (address: string) => address.replace(/code=[^&]+/, 'code=0123')],
    ['a person who says no', (address: string) => address.replace(/code=[^&]+/, 'error=access_denied')],
  ])('with %s lets nobody in', async (_, changed) => {
    const visit = new Visit();
    const answer = await signIn(visit, 'olivia', changed);

    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain('The forge did not say who you are');
    expect(await status(visit, '/runs/ledger')).toBe(401);
  });

  test("with somebody else's way back lets nobody in", async () => {
    const [olivia, stranger] = [new Visit(), new Visit()];
    let address = '';
    await signIn(olivia, 'olivia', (there) => {
      address = there;
      return `${dashboard.url}/sign-in`;
    });

    const answer = await stranger.ask(address);

    expect(answer.status).toBe(401);
    expect(await status(stranger, '/runs/ledger')).toBe(401);
  });
});

test('the page offers the ways in that there are', async () => {
  const page = await (await fetch(`${dashboard.url}/sign-in?next=/runs/ledger`)).text();

  expect(page).toContain('href="/sign-in/github?next=%2Fruns%2Fledger"');
  expect(page).not.toMatch(/Gitea|token/);
});
