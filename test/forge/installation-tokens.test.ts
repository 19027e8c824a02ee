import { describe, expect, test } from 'vitest';
import { InstallationTokens } from '../../src/forge/github/installation-tokens.ts';
import type { TokenScope } from '../../src/forge/github/token-scope.ts';

const hourMs = 3_600_000;
const scope: TokenScope = { repository: 'shop', permissions: { checks: 'write' } };

function aCache({ livesMs = hourMs, shape = (n: number) => `token-${n}` } = {}) {
  const clock = { now: 0 };
  const asked: [number, TokenScope][] = [];
  const tokens = new InstallationTokens(
    async (id, wish) => {
      asked.push([id, wish]);
      return { token: shape(asked.length), livesMs };
    },
    () => clock.now,
  );
  return { tokens, clock, asked };
}

describe('installation tokens', () => {
  test('one is kept until shortly before it expires', async () => {
    const { tokens, clock } = aCache();
    const at = async (minutes: number) => {
      clock.now = minutes * 60_000;
      return (await tokens.of(1, scope)).token;
    };

    expect([await at(0), await at(30), await at(54.9), await at(55.1), await at(60)]).toEqual([
      'token-1',
      'token-1',
      'token-1',
      'token-2',
      'token-2',
    ]);
  });

  test('those who want the same at once ask once', async () => {
    const { tokens, asked } = aCache();

    const got = await Promise.all([tokens.of(1, scope), tokens.of(1, scope), tokens.of(1, { ...scope })]);

    expect(asked).toHaveLength(1);
    expect(new Set(got.map(({ token }) => token)).size).toBe(1);
  });

  test.each([
    ['installation', 2, scope],
    ['repository', 1, { ...scope, repository: 'web' }],
    ['permission', 1, { ...scope, permissions: { checks: 'read' } }],
  ] as const)('another %s is another token', async (_, installation, wish) => {
    const { tokens } = aCache();
    const first = await tokens.of(1, scope);

    expect((await tokens.of(installation, wish)).token).not.toBe(first.token);
  });

  test.each([['|'.repeat(3)], ['x'], ['ghs_1_eyJ'.padEnd(4000, '.')], ['"\\u0000%00']])(
    '%j is a token as good as any',
    async (text) => {
      const { tokens } = aCache({ shape: () => text });
      await tokens.of(1, scope);

      expect((await tokens.of(1, scope)).token).toBe(text);
    },
  );

  test('one that counts no more is asked for anew, by whoever was told first', async () => {
    const { tokens, asked } = aCache();
    const held = await tokens.of(1, scope);

    tokens.forget(1, scope, held);
    const next = await tokens.of(1, scope);
    tokens.forget(1, scope, held);

    expect((await tokens.of(1, scope)).token).toBe(next.token);
    expect(asked).toHaveLength(2);
  });

  test('one that GitHub refuses is asked for again the next time', async () => {
    const answers = [Promise.reject(new Error('no')), Promise.resolve({ token: 'yes', livesMs: hourMs })];
    const tokens = new InstallationTokens(
      () => answers.shift() ?? Promise.reject(new Error('asked too often')),
      () => 0,
    );

    await expect(tokens.of(1, scope)).rejects.toThrow('no');

    expect((await tokens.of(1, scope)).token).toBe('yes');
  });

  test('one without an end that can be read is used once', async () => {
    const { tokens, asked } = aCache({ livesMs: Number.NaN });

    await tokens.of(1, scope);
    await tokens.of(1, scope);

    expect(asked).toHaveLength(2);
  });
});
