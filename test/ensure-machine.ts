import { userInfo } from 'node:os';
import { join } from 'node:path';
import { debianRun, ensureDebianPackages, isDebian } from '../src/toolchain/debian.ts';
import { defaultCacheDir, ensureTools } from '../src/toolchain/ensure-tools.ts';
import { clusterTools } from '../src/toolchain/tools.ts';

/** What tests with a cluster need of the machine: Debian's packages and the tools, built on the first day. @returns where each tool is */
export async function ensureMachine(say: (line: string) => void) {
  const signal = new AbortController().signal;
  await ensureDebianPackages(['git', 'cluster', 'images', 'browser', 'postgres', 'tests'], {
    isRoot: userInfo().uid === 0,
    isDebian: await isDebian(),
    interactive: null,
    assumeYes: true,
    run: debianRun(process.env),
    onProgress: say,
    signal,
  });
  return await ensureTools([...clusterTools, 'pulumi', 'pulumi-resource-kubernetes', 'k6', 'versitygw', 'gitea'], {
    cacheDir: defaultCacheDir(process.env),
    path: process.env.PATH ?? '',
    repositoryDir: join(import.meta.dirname, '..'),
    onProgress: ({ state, text }) => {
      if (state !== 'cached' && state !== 'on-path') say(text);
    },
    signal,
    env: process.env,
  });
}
