import { join } from 'node:path';
import { buildEnvironment } from './build-tool.ts';
import { childOutput } from './child-output.ts';
import type { Tool } from './tools.ts';

export interface FetchOptions {
  repositoryDir: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * Downloads the Go modules that these tools are made of, one tool after the other, so that the network works while others
 * compile. Never rejects, and its failure is none: the build downloads what is still missing, and says what is wrong.
 */
export async function fetchModules(tools: readonly Tool[], options: FetchOptions): Promise<void> {
  const { repositoryDir, signal } = options;
  const env = buildEnvironment(options.env);
  for (const tool of tools) {
    const list = ['list', '-e', '-deps', tool.goPackage];
    await childOutput('go', list, { cwd: join(repositoryDir, tool.module), env, signal }).catch(() => null);
  }
}
