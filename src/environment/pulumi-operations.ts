import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { pid } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { ClusterAccess } from '../../infra/environment-program.ts';
import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { isAlive } from '../process-owner.ts';
import { endSession } from './process-session.ts';
import type { PulumiBackend } from './pulumi-backend.ts';
import type { PulumiDiagnostic, PulumiJob, PulumiReport, ResourceProgress } from './pulumi-job.ts';

/** Where Pulumi's programs, state and secrets are. */
export interface PulumiAccess {
  /** `<root>/bin` holds `pulumi` and `pulumi-resource-kubernetes`. */
  root: string;
  backend: PulumiBackend;
  /** Our folder for the operations' work folders. */
  stateDir: string;
  passphrase: string;
}

export interface PulumiOptions {
  /** Aborted: SIGINT to Pulumi, after 30 s the end of all its processes. */
  signal: AbortSignal;
  onResource?: (resource: ResourceProgress) => void;
}

export type PulumiOutcome =
  | { ok: true }
  | { ok: false; cancelled: boolean; code: number | null; diagnostics: PulumiDiagnostic[]; output: string };

const childFile = fileURLToPath(new URL('./pulumi-child.ts', import.meta.url));
const cancelGraceMs = 30_000;

/** Creates the stack and everything in it. A refusal by the cluster is an outcome. @throws the signal's reason when it is aborted already */
export async function pulumiUp(
  access: PulumiAccess,
  cluster: ClusterAccess,
  spec: EnvironmentSpec,
  options: PulumiOptions,
): Promise<PulumiOutcome> {
  return await inFolder(access, spec.name, 'up', async (folder) => {
    const specFile = join(folder, 'spec.json');
    await writeFile(specFile, JSON.stringify(spec), { mode: 0o600 });
    const job = await jobOf(access, cluster, spec.name, folder);
    return await operate({ ...job, operation: 'up', specFile }, options);
  });
}

/** Deletes what the stack's state knows, and the stack with its files. @throws the signal's reason when it is aborted already */
export async function pulumiDestroy(
  access: PulumiAccess,
  cluster: ClusterAccess,
  stack: string,
  options: PulumiOptions,
): Promise<PulumiOutcome> {
  return await inFolder(access, stack, 'destroy', async (folder) => {
    const job = await jobOf(access, cluster, stack, folder);
    return await operate({ ...job, operation: 'destroy', specFile: null }, options);
  });
}

async function jobOf(
  access: PulumiAccess,
  cluster: ClusterAccess,
  stack: string,
  folder: string,
): Promise<Omit<PulumiJob, 'operation' | 'specFile'>> {
  const { root, backend, passphrase } = access;
  return { root, backend, passphrase, stack, folder, kubeconfig: await kubeconfigIn(folder, cluster) };
}

/**
 * Which cluster stands in the provider's surroundings and not in the state, since another replica that destroys the stack may
 * have its kubeconfig elsewhere. The first file of KUBECONFIG picks the context; with no second one, the provider
 * finds the cluster that it runs in, and never one that some `~/.kube/config` happens to name.
 */
async function kubeconfigIn(folder: string, { kubeconfigPath, context }: ClusterAccess): Promise<string> {
  const choice = join(folder, 'context.json');
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    ...(kubeconfigPath === null ? {} : { 'current-context': context }),
  };
  await writeFile(choice, JSON.stringify(content), { mode: 0o600 });
  return [choice, ...(kubeconfigPath === null ? [] : [kubeconfigPath])].join(delimiter);
}

/** Every operation has a folder of its own (Pulumi keeps "the current stack" in it), which goes when it ends. */
async function inFolder<T>(
  access: PulumiAccess,
  stack: string,
  operation: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(access.stateDir, { recursive: true, mode: 0o700 });
  const { url } = access.backend;
  if (url.startsWith('file://')) await mkdir(fileURLToPath(url), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(access.stateDir, `${stack}.${operation}.${pid}.`));
  try {
    await writeFile(join(folder, 'Pulumi.yaml'), projectFile(access));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Folders of operations whose process was killed: they hold the environment's secrets. To be called before this process's own
 * first operation, for a service in a container has the same number after each start.
 */
export async function clearDeadOperations(stateDir: string): Promise<void> {
  for (const name of await readdir(stateDir)) {
    const owner = /\.(?:up|destroy)\.(\d+)\.[^.]+$/.exec(name)?.[1];
    if (owner !== undefined && (Number(owner) === pid || !isAlive(Number(owner)))) {
      await rm(join(stateDir, name), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/** The provider by its path, so that no version is looked for; without a runtime, since the program comes by `--client`. */
function projectFile(access: PulumiAccess): string {
  const plugins = { providers: [{ name: 'kubernetes', path: join(access.root, 'bin') }] };
  return JSON.stringify({ name: 'greenroom', runtime: 'nodejs', plugins });
}

async function operate(job: PulumiJob, { signal, onResource }: PulumiOptions): Promise<PulumiOutcome> {
  // Pulumi ignores a signal that was aborted before it started.
  signal.throwIfAborted();
  const child = fork(childFile, [], { detached: true, cwd: job.folder, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let killTimer: NodeJS.Timeout | undefined;
  const cancel = () => {
    if (child.connected) child.send('cancel', () => undefined);
    killTimer = setTimeout(() => end(child), cancelGraceMs);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const result = await resultOf(child, job, onResource);
    if (result.code === 0) return { ok: true };
    return { ok: false, cancelled: signal.aborted, ...result };
  } finally {
    signal.removeEventListener('abort', cancel);
    clearTimeout(killTimer);
    end(child);
  }
}

/** Whatever becomes of the child, this ends: with its own last word, or with what it left on its error stream. */
function resultOf(
  child: ChildProcess,
  job: PulumiJob,
  onResource: PulumiOptions['onResource'],
): Promise<{ code: number | null; diagnostics: PulumiDiagnostic[]; output: string }> {
  return new Promise((resolve, reject) => {
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-8192);
    });
    child.on('message', (report: PulumiReport) => {
      if (report.kind === 'resource') onResource?.(report.resource);
      else resolve(report);
    });
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({
        code: null,
        diagnostics: [],
        output: `${errors}\nthe child process ended by ${signal ?? `code ${code}`}`,
      }),
    );
    child.send(job, (error) => error && reject(error));
  });
}

/** The child, the CLI and the provider: none outlives its operation. */
function end(child: ChildProcess): void {
  if (child.pid !== undefined) endSession(child.pid);
}
