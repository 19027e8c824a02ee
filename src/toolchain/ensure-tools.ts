import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../errors.ts';
import { buildTool } from './build-tool.ts';
import { fetchModules } from './fetch-modules.ts';
import { findToolOnPath, isExecutable } from './find-tool.ts';
import { withProcessLock } from './process-lock.ts';
import { type Tool, type ToolName, tools } from './tools.ts';

export interface ToolProgress {
  tool: ToolName;
  state: 'on-path' | 'cached' | 'waiting' | 'building' | 'built';
  /** Ready to print: `building k6 2.2.0 (9 of 9): 12 s so far, about 85 s`. */
  text: string;
  /** Seconds since this tool's build began. */
  elapsedSeconds?: number;
  /** Estimate for this tool, cold, on this machine's cores. */
  estimateSeconds?: number;
  /** Estimate for everything that is still to build, this tool included. */
  remainingSeconds?: number;
}

export interface ToolOptions {
  /** `defaultCacheDir(env)`, or a folder of the caller's. */
  cacheDir: string;
  /** PATH to search before anything is built. */
  path: string;
  /** The checkout that holds `tools/`. */
  repositoryDir: string;
  onProgress: (progress: ToolProgress) => void;
  signal: AbortSignal;
  env: Readonly<Record<string, string | undefined>>;
  /** The table; tests bring their own. */
  table?: readonly Tool[];
}

/** How often a build in progress is reported. */
const reportEveryMs = 10_000;

/** `${XDG_CACHE_HOME:-~/.cache}/greenroom` */
export function defaultCacheDir(env: Readonly<Record<string, string | undefined>>): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME ?? '/root', '.cache'), 'greenroom');
}

/** Where a built binary lies: `<cache>/toolchain/<tool>-<version>/<binary>`. */
export function cachedBinary(cacheDir: string, tool: Tool): string {
  return join(cacheDir, 'toolchain', tool.cacheFolder, tool.name);
}

/**
 * Absolute paths of the tools: from PATH where the version is compatible, else from the cache, else built, one after the
 * other, in the order in which a first start needs them, while the modules of those to come are downloaded. Safe to call from several processes at once.
 * @throws RunError GO_MISSING (fix-input), TOOL_BUILD_FAILED, TOOL_CACHE_UNUSABLE (fix-input)
 */
export async function ensureTools<Name extends ToolName>(
  names: readonly Name[],
  options: ToolOptions,
): Promise<Record<Name, string>> {
  options.signal.throwIfAborted();
  const wanted = (options.table ?? tools).filter((tool) => (names as readonly ToolName[]).includes(tool.name));
  const paths = new Map<ToolName, string>();
  const missing: Tool[] = [];
  for (const tool of wanted) {
    const found = await locate(tool, options);
    if (found === null) missing.push(tool);
    else paths.set(tool.name, found);
  }
  const built = new AbortController();
  const signal = AbortSignal.any([options.signal, built.signal]);
  const fetching = fetchModules(missing.slice(1), { ...options, signal });
  try {
    for (const [index, tool] of missing.entries()) {
      paths.set(tool.name, await buildOnce(tool, missing, index, options));
    }
  } finally {
    built.abort();
    await fetching;
  }
  return Object.fromEntries(paths) as Record<Name, string>;
}

async function locate(tool: Tool, options: ToolOptions): Promise<string | null> {
  const cached = cachedBinary(options.cacheDir, tool);
  const report = (state: 'on-path' | 'cached', version: string, binary: string) =>
    options.onProgress({ tool: tool.name, state, text: `${tool.name} ${version}: ${binary}` });
  const found = await findToolOnPath(tool, options.path, options.env, options.signal);
  if (found !== null) {
    report('on-path', found.version, found.binary);
    return found.binary;
  }
  if (!(await isExecutable(cached))) return null;
  report('cached', tool.version, cached);
  return cached;
}

async function buildOnce(tool: Tool, missing: readonly Tool[], index: number, options: ToolOptions): Promise<string> {
  const target = cachedBinary(options.cacheDir, tool);
  const title = `${tool.name} ${tool.version}`;
  await mkdir(dirname(target), { recursive: true }).catch((cause: unknown) => {
    throw new RunError(`preparing the tool cache "${dirname(target)}"`, {
      code: 'TOOL_CACHE_UNUSABLE',
      remedy: 'fix-input',
      hint: 'Make the folder writable, or point XDG_CACHE_HOME to one that is.',
      cause,
    });
  });
  const onWait = (owner: number) =>
    options.onProgress({
      tool: tool.name,
      state: 'waiting',
      text: `waiting for process ${owner}, which builds ${title}`,
    });
  await withProcessLock(`${target}.lock`, options.signal, onWait, async () => {
    if (await isExecutable(target)) return;
    await buildWithProgress(tool, missing, index, target, options);
  });
  return target;
}

async function buildWithProgress(
  tool: Tool,
  missing: readonly Tool[],
  index: number,
  target: string,
  options: ToolOptions,
): Promise<void> {
  const startedMs = performance.now();
  const estimateSeconds = estimate([tool]);
  const allSeconds = estimate(missing.slice(index));
  const report = (state: 'building' | 'built') => {
    const elapsedSeconds = Math.round((performance.now() - startedMs) / 1000);
    const remainingSeconds = Math.max(0, allSeconds - elapsedSeconds);
    const place = `${tool.name} ${tool.version} (${index + 1} of ${missing.length})`;
    const text =
      state === 'built'
        ? `built ${place} in ${elapsedSeconds} s`
        : `building ${place}: ${elapsedSeconds} s of about ${estimateSeconds} s; all tools about ${minutes(remainingSeconds)}, once per machine`;
    options.onProgress({ tool: tool.name, state, text, elapsedSeconds, estimateSeconds, remainingSeconds });
  };
  report('building');
  const ticking = setInterval(() => report('building'), reportEveryMs);
  try {
    await buildTool(tool, { repositoryDir: options.repositoryDir, target, env: options.env, signal: options.signal });
  } finally {
    clearInterval(ticking);
  }
  report('built');
}

/** The table's figures are for 2 cores; beyond 8 the linker and the downloads rule. */
function estimate(some: readonly Tool[]): number {
  const cores = Math.min(Math.max(availableParallelism(), 1), 8);
  return Math.ceil(some.reduce((sum, tool) => sum + tool.coldBuildSeconds, 0) * (2 / cores));
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
