import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolOptions, ToolProgress } from '../../src/toolchain/ensure-tools.ts';
import type { Tool } from '../../src/toolchain/tools.ts';

export interface ToolWorkshop {
  folder: string;
  tool: Tool;
  progress: ToolProgress[];
  options: ToolOptions & { table: Tool[] };
}

/** A checkout with one small real Go module `tools/hello`, standing in for k6, and an empty cache. */
export async function aWorkshop(main = 'package main\n\nfunc main() { println("hello") }\n'): Promise<ToolWorkshop> {
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-toolchain-'));
  const module = join(folder, 'checkout/tools/hello');
  await mkdir(module, { recursive: true });
  await writeFile(join(module, 'go.mod'), 'module tools/hello\n\ngo 1.21\n');
  await writeFile(join(module, 'main.go'), main);
  const progress: ToolProgress[] = [];
  const tool: Tool = {
    name: 'k6',
    version: '2.2.0',
    module: 'tools/hello',
    goPackage: '.',
    ldflags: '-s -w',
    cacheFolder: 'k6-2.2.0',
    coldBuildSeconds: 3,
    onPath: { versionArguments: ['--version'], accepts: { atLeast: '2.2.0', below: '3' } },
    embeds: null,
  };
  return {
    folder,
    tool,
    progress,
    options: {
      cacheDir: join(folder, 'cache'),
      path: '',
      repositoryDir: join(folder, 'checkout'),
      onProgress: (line) => progress.push(line),
      signal: new AbortController().signal,
      env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
      table: [tool],
    },
  };
}

/** A script on PATH that prints what a tool of that version would. */
export async function aBinaryOnPath(folder: string, name: string, script: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}
