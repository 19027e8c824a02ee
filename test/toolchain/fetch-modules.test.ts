import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cachedBinary, ensureTools } from '../../src/toolchain/ensure-tools.ts';
import { fetchModules } from '../../src/toolchain/fetch-modules.ts';
import { withProcessLock } from '../../src/toolchain/process-lock.ts';
import type { Tool } from '../../src/toolchain/tools.ts';
import { aWorkshop, type ToolWorkshop } from './go-module.ts';

/** A module proxy that is asked and has nothing. */
const proxy = createServer((request, response) => {
  asked.push(request.url ?? '');
  onAsked();
  response.writeHead(404).end();
});
const asked: string[] = [];
let onAsked: () => void = () => undefined;
let here: ToolWorkshop;
let env: Record<string, string | undefined>;
let later: Tool[];

beforeAll(async () => {
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  here = await aWorkshop();
  env = {
    ...here.options.env,
    GOPROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    GONOSUMDB: '*',
    GOMODCACHE: join(here.folder, 'mod'),
  };
  later = await Promise.all(['coredns', 'pulumi'].map((name) => aToolWithDependency(name as Tool['name'])));
});
afterAll(async () => {
  proxy.close();
  await rm(here.folder, { recursive: true, force: true });
});

/** Its module imports `example.test/<name>`. */
async function aToolWithDependency(name: Tool['name']): Promise<Tool> {
  const module = join(here.options.repositoryDir, 'tools', name);
  await mkdir(module, { recursive: true });
  await writeFile(join(module, 'go.mod'), `module tools/${name}\n\ngo 1.21\n\nrequire example.test/${name} v1.0.0\n`);
  await writeFile(join(module, 'main.go'), `package main\n\nimport _ "example.test/${name}"\n\nfunc main() {}\n`);
  return { ...here.tool, name, module: `tools/${name}`, cacheFolder: name };
}

test('every tool has its modules asked for, also after one whose modules nobody has', async () => {
  asked.length = 0;

  await fetchModules(later, { repositoryDir: here.options.repositoryDir, env, signal: here.options.signal });

  for (const { name } of later) expect(asked.join()).toContain(`/example.test/${name}/@v/v1.0.0`);
});

test('modules of the tools to come are asked for while the first is not built yet', async () => {
  asked.length = 0;
  const { cacheDir, signal } = here.options;
  const lock = `${cachedBinary(cacheDir, here.tool)}.lock`;
  await mkdir(dirname(lock), { recursive: true });
  const seen = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  const options = { ...here.options, env, table: [here.tool, ...later] };

  const building = withProcessLock(
    lock,
    signal,
    () => undefined,
    () => {
      const failing = ensureTools(['k6', 'coredns', 'pulumi'], options).catch((error: unknown) => error);
      return seen.then(() => ({ failing, progress: here.progress.map((one) => one.state) }));
    },
  );
  const { failing, progress } = await building;

  expect(progress).not.toContain('built');
  expect(await failing).toMatchObject({ code: 'TOOL_BUILD_FAILED', message: expect.stringContaining('coredns') });
});
