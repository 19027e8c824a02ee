import { randomUUID } from 'node:crypto';
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Remedy, RunError } from '../errors.ts';
import { type ChildEnd, childOutput } from './child-output.ts';
import type { Tool } from './tools.ts';

export interface BuildOptions {
  repositoryDir: string;
  /** Where the finished binary goes. */
  target: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * Builds one tool with the Go on PATH. The binary appears under its own name only when it is whole; what an interrupted
 * build had compiled lies in Go's build cache, so the next one goes on from there. GOFLAGS, GOPROXY and GOTOOLCHAIN of
 * the user hold.
 * Call it under the tool's lock: it sweeps what an interrupted build left.
 * @throws RunError GO_MISSING (fix-input), TOOL_BUILD_FAILED with the last lines as evidence
 */
export async function buildTool(tool: Tool, options: BuildOptions): Promise<void> {
  const folder = dirname(options.target);
  await mkdir(folder, { recursive: true });
  await sweepPartial(folder, basename(options.target));
  const unfinished = join(folder, `.${basename(options.target)}.${randomUUID()}.partial`);
  const env = buildEnvironment(options.env);
  const go = (args: string[], cwd: string) => runGo(tool, args, { cwd, env, signal: options.signal });
  const module = join(options.repositoryDir, tool.module);
  const work = tool.embeds === null ? null : `${unfinished}.module`;
  try {
    if (work !== null) await copyModule(tool, module, work, go);
    await go(['build', ...buildFlags, '-ldflags', tool.ldflags, '-o', unfinished, tool.goPackage], work ?? module);
    await rename(unfinished, options.target);
  } finally {
    await rm(unfinished, { force: true });
    if (work !== null) await rm(work, { recursive: true, force: true });
  }
}

/** What a debugger would need is stripped by `-s -w`: not making it at all takes a sixth off the compiler's time. */
const buildFlags = ['-trimpath', '-gcflags=all=-dwarf=false'];

/** A workspace file above the checkout, or a target of another machine, must not leak in. */
export function buildEnvironment(env: BuildOptions['env']): BuildOptions['env'] {
  return { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOOS: undefined, GOARCH: undefined };
}

async function sweepPartial(folder: string, binary: string): Promise<void> {
  const partial = (await readdir(folder)).filter((name) => name.startsWith(`.${binary}.`) && name.includes('.partial'));
  await Promise.all(partial.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** The module with the files beside `main.go` that it embeds: the repository itself is never written to. */
async function copyModule(
  tool: Tool,
  module: string,
  work: string,
  go: (args: string[], cwd: string) => Promise<ChildEnd>,
): Promise<void> {
  await cp(module, work, { recursive: true });
  if (tool.embeds === null) return;
  const { stdout } = await go(['mod', 'download', '-json', tool.embeds.from], work);
  const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
  for (const file of tool.embeds.files) {
    const source = join(folder, file.source);
    const target = join(work, basename(file.source));
    if (!file.stampVersion) await copyFile(source, target);
    else {
      const content = { ...(JSON.parse(await readFile(source, 'utf8')) as object), version: tool.version };
      await writeFile(target, JSON.stringify(content));
    }
  }
}

async function runGo(
  tool: Tool,
  args: string[],
  options: { cwd: string; env: Readonly<Record<string, string | undefined>>; signal: AbortSignal },
): Promise<ChildEnd> {
  const end = await childOutput('go', args, options).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new RunError(`building "${tool.name}" ${tool.version}: there is no "go" on PATH`, {
      code: 'GO_MISSING',
      remedy: 'fix-input',
      hint: `Install Go 1.26 or newer, or put a ${tool.name} ${acceptedText(tool)} on PATH.`,
      cause,
    });
  });
  if (end.code === 0) return end;
  const cure = cureOfBuildFailure(end.tail);
  throw new RunError(`building "${tool.name}" ${tool.version} from the Go module "${tool.module}"`, {
    code: 'TOOL_BUILD_FAILED',
    remedy: cure.remedy,
    hint: cure.hint,
    evidence: end.tail,
  });
}

function acceptedText(tool: Tool): string {
  return tool.onPath === null
    ? tool.version
    : `${tool.onPath.accepts.atLeast} or newer (below ${tool.onPath.accepts.below})`;
}

/** Who can cure a failed `go build`, judged by its last lines. */
export function cureOfBuildFailure(tail: readonly string[]): { remedy: Remedy; hint: string } {
  const text = tail.join('\n');
  if (/no space left on device|disk quota exceeded/i.test(text)) {
    return {
      remedy: 'fix-input',
      hint: 'Make room on the disk: a full tool build needs about 8 GiB, build cache included.',
    };
  }
  if (/requires go >=|toolchain not available|invalid go version/i.test(text)) {
    return { remedy: 'fix-input', hint: 'Install Go 1.26 or newer, or allow GOTOOLCHAIN=auto.' };
  }
  if (/signal: killed|cannot allocate memory|out of memory/i.test(text)) {
    return { remedy: 'retry', hint: 'The compiler ran out of memory: close other programs, or set GOFLAGS=-p=1.' };
  }
  if (
    /dial tcp|i\/o timeout|connection re|no such host|TLS handshake|unexpected EOF|proxy|checksum database/i.test(text)
  ) {
    return { remedy: 'retry', hint: 'Go modules could not be downloaded: look at the network and GOPROXY.' };
  }
  return { remedy: 'report-bug', hint: 'The pinned module does not build here; the last lines say why.' };
}
