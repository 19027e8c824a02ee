import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Forge } from '../../src/forge/forge.ts';
import { createGitHubForge, type GitHubForgeOptions } from '../../src/forge/github/github-forge.ts';
import {
  type GitHubStandIn,
  type GitHubStandInOptions,
  startGitHubStandIn,
} from '../../src/forge/github-stand-in/start-github-stand-in.ts';
import { silentLog } from '../../src/log.ts';

export interface StandInFixture {
  github: GitHubStandIn;
  folder: string;
  forgeWith: (options?: Partial<GitHubForgeOptions>) => Forge;
  stop: () => Promise<void>;
}

/** Quick enough for tests that write hundreds of times; the published pace has its own tests. */
const quickPace = { writes: { burst: 10_000, intervalMs: 1 }, creations: { burst: 10_000, intervalMs: 1 } };

/** A GitHub with three people: olivia may write, rita may read, a stranger may nothing. */
export async function startFixture(options: Partial<GitHubStandInOptions> = {}): Promise<StandInFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-forge-'));
  const users = {
    olivia: 'write',
    mia: 'maintain',
    rita: 'read',
    tom: 'triage',
    ada: 'admin',
    stranger: 'none',
  } as const;
  const github = await startGitHubStandIn({ dataDir: join(folder, 'git'), users, ...options });
  return {
    github,
    folder,
    forgeWith: (overrides = {}) =>
      createGitHubForge({
        apiUrl: github.apiUrl,
        appId: github.appId,
        privateKey: github.privateKey,
        log: silentLog(),
        pace: quickPace,
        ...overrides,
      }),
    async stop() {
      await github.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const noSignal = new AbortController().signal;
