import { describe, expect, test } from 'vitest';
import { setupPage } from '../../src/cli/setup-page.ts';

function aPage() {
  const codes: string[] = [];
  const app = setupPage({
    state: 'the-state',
    registrationAddress: 'https://github.com/settings/apps/new?state=the-state',
    manifest: () => ({ name: '"><script>alert(1)</script>' }),
    onCode: async (code) => {
      codes.push(code);
      return {
        appId: '1',
        slug: 'x',
        name: '<b>x</b>',
        page: 'https://github.com/apps/x',
        owner: 'acme',
        privateKey: '',
        webhookSecret: '',
        clientId: 'Iv23li',
        clientSecret: 'for people',
      };
    },
  });
  return { app, codes };
}

describe('the page of the set-up', () => {
  test('answers to this machine by its own names alone', async () => {
    const { app } = aPage();
    const statusFor = async (host: string) => (await app.request(`http://${host}/`)).status;

    expect(await statusFor('127.0.0.1:1234')).toBe(200);
    expect(await statusFor('localhost:1234')).toBe(200);
    expect(await statusFor('rebound.example:1234')).toBe(403);
  });

  test('shows names as text', async () => {
    const { app } = aPage();
    const first = await (await app.request('http://127.0.0.1/')).text();
    const last = await (await app.request('http://127.0.0.1/callback?code=a&state=the-state')).text();

    expect(first).not.toContain('<script');
    expect(last).toContain('&lt;b&gt;');
  });

  test('takes a code once', async () => {
    const { app, codes } = aPage();
    const come = async (code: string) =>
      (await app.request(`http://127.0.0.1/callback?code=${code}&state=the-state`)).status;

    expect([await come('one'), await come('two')]).toEqual([200, 409]);
    expect(codes).toEqual(['one']);
  });
});
