import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { RunError } from '../../src/errors.ts';
import type { Forge } from '../../src/forge/forge.ts';
import { forgesTogether } from '../../src/forge/forges-together.ts';
import { createGiteaForge } from '../../src/forge/gitea/gitea-forge.ts';
import { createLog, silentLog } from '../../src/log.ts';

const log = silentLog();
const noSignal = new AbortController().signal;

/** A forge that knows one file, and its own repositories. */
function aForge(content: string, repositories: string[] | RunError): Forge {
  const forge = createGiteaForge({ url: 'http://127.0.0.1:1', token: 'none', log });
  return {
    ...forge,
    readFile: async () => content,
    async listRepositories() {
      if (repositories instanceof RunError) throw repositories;
      return repositories;
    },
  };
}

const away = new RunError('listing', { code: 'FORGE_UNREACHABLE', remedy: 'retry' });
const github = aForge('of GitHub', ['acme/shop']);
const gitea = aForge('of Gitea', ['gitea:acme/shop']);

describe('both forges as one', () => {
  test('ask each for what is its own, also under the same name', async () => {
    const both = forgesTogether({ github, gitea }, log);

    expect(await both?.readFile('acme/shop', 'a', 'b', noSignal)).toBe('of GitHub');
    expect(await both?.readFile('gitea:acme/shop', 'a', 'b', noSignal)).toBe('of Gitea');
    expect(await both?.listRepositories(noSignal)).toEqual(['acme/shop', 'gitea:acme/shop']);
  });

  test('go on with the one while the other is away, and say so', async () => {
    const lines = new PassThrough();
    const both = forgesTogether({ github, gitea: aForge('', away) }, createLog('warn', lines));

    expect(await both?.listRepositories(noSignal)).toEqual(['acme/shop']);
    expect(String(lines.read())).toContain('listing');
  });

  test('say what is left of the limits of those that say so', () => {
    const quota = { holder: '4711', limit: 5000, remaining: 4999 };
    const both = forgesTogether({ github: { ...github, quotas: () => [quota] }, gitea }, log);

    expect(both?.quotas()).toEqual([quota]);
  });

  test('have nothing to list when both are away', async () => {
    const both = forgesTogether({ github: aForge('', away), gitea: aForge('', away) }, log);

    await expect(both?.listRepositories(noSignal)).rejects.toBe(away);
  });
});

describe('one forge alone', () => {
  test.each([
    [{ github, gitea: null }, 'gitea:acme/shop', 'GREENROOM_GITEA_*'],
    [{ github: null, gitea }, 'acme/shop', 'gitea:owner/name'],
  ])("is never asked for what is the other one's", async (forges, repository, hint) => {
    const asked = forgesTogether(forges, log)?.readFile(repository, 'a', 'b', noSignal);

    await expect(asked).rejects.toMatchObject({ code: 'NO_FORGE', hint: expect.stringContaining(hint) });
  });

  test('none at all is none', () => {
    expect(forgesTogether({ github: null, gitea: null }, log)).toBeNull();
  });
});
