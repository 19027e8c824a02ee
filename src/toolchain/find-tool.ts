import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { childOutput } from './child-output.ts';
import { acceptsVersion, versionInOutput } from './tool-version.ts';
import type { Tool } from './tools.ts';

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * The first binary of that name on `path` whose version is compatible, or null. One that does not answer within 20 s is
 * passed over.
 */
export async function findToolOnPath(
  tool: Tool,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<{ binary: string; version: string } | null> {
  if (tool.onPath === null) return null;
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const binary = join(folder, tool.name);
    if (!(await isExecutable(binary))) continue;
    const version = await printedVersion(binary, tool.onPath.versionArguments, env, signal);
    if (version !== null && acceptsVersion(tool.onPath.accepts, version)) return { binary, version };
  }
  return null;
}

async function printedVersion(
  binary: string,
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    // Pulumi asks the network for a newer version unless told not to.
    const quiet = { ...env, PULUMI_SKIP_UPDATE_CHECK: 'true' };
    const end = await childOutput(binary, args, { env: quiet, signal, timeoutMs: 20_000 });
    return end.code === 0 ? versionInOutput(end.stdout) : null;
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}
