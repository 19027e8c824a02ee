import { cachedBinary, type ToolOptions } from './ensure-tools.ts';
import { findToolOnPath, isExecutable } from './find-tool.ts';
import { type ToolName, tools } from './tools.ts';

/** Which tools a start would find, without building any. */
export async function findPresentTools(
  options: Pick<ToolOptions, 'cacheDir' | 'path' | 'env' | 'signal'>,
): Promise<{ found: ToolName[]; missing: ToolName[] }> {
  const found: ToolName[] = [];
  const missing: ToolName[] = [];
  for (const tool of tools) {
    const onPath = await findToolOnPath(tool, options.path, options.env, options.signal);
    const present = onPath !== null || (await isExecutable(cachedBinary(options.cacheDir, tool)));
    (present ? found : missing).push(tool.name);
  }
  return { found, missing };
}
