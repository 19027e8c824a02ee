import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { endSession } from './process-session.ts';
import { readEvents } from './pulumi-events.ts';
import type { PulumiDiagnostic, PulumiJob, PulumiReport } from './pulumi-job.ts';

/**
 * The process of one Pulumi operation. It drives the CLI as the Automation API does inside (docs/decisions/0003), with two
 * CLI processes an operation instead of seven and three. It leads a session of its own; when the parent
 * is gone, all of the session ends with it.
 */
const eventLogName = 'events.ndjson';
const pollMs = 100;
const outputTailBytes = 16_384;

let cli: ChildProcess | null = null;
let cancelled = false;

process.on('disconnect', () => endSession(process.pid));
process.on('message', (message: PulumiJob | 'cancel') => {
  if (message === 'cancel') {
    cancelled = true;
    cli?.kill('SIGINT');
    return;
  }
  perform(message).then(
    (report) => tell(report, () => process.exit(0)),
    (error: Error) =>
      tell({ kind: 'exit', code: null, diagnostics: [], output: String(error.stack) }, () => process.exit(0)),
  );
});

async function perform(job: PulumiJob): Promise<PulumiReport> {
  const events = join(job.folder, eventLogName);
  const common = ['--yes', '--skip-preview', '--stack', job.stack, '--event-log', events];
  if (job.operation === 'destroy') return destroy(job, common, events);
  const [server, created] = await Promise.all([serveProgram(job), initStack(job)]);
  if (created.code !== 0 || cancelled)
    return { kind: 'exit', code: created.code, diagnostics: [], output: created.output };
  const inline = ['--client', `127.0.0.1:${server.port}`, '--exec-kind', 'auto.inline'];
  return follow(job, ['up', ...common, ...inline, '--suppress-outputs', '--parallel', '16'], events);
}

/** An earlier `up` that was cut off has made the stack, and may have left its lock: it is this one's, as the run is. */
async function initStack(job: PulumiJob): Promise<{ code: number | null; output: string }> {
  const init = () => runCli(job, ['stack', 'init', job.stack, '--no-select']);
  let created = await init();
  if (/currently locked/.test(created.output)) {
    await runCli(job, ['cancel', job.stack, '--yes']);
    created = await init();
  }
  return /already exists/.test(created.output) ? { ...created, code: 0 } : created;
}

/** The stack goes with its files whatever became of its resources: teardown proves those gone by the cluster itself. */
async function destroy(job: PulumiJob, common: string[], events: string): Promise<PulumiReport> {
  const destroyed = await follow(job, ['destroy', ...common], events);
  if (/no stack named/.test(destroyed.output)) return { kind: 'exit', code: 0, diagnostics: [], output: '' };
  // A CLI that was killed leaves its lock for ever. Whoever tears down owns the run, so nobody else is at work here.
  if (/currently locked/.test(destroyed.output)) await runCli(job, ['cancel', job.stack, '--yes']);
  const removed = await runCli(job, ['stack', 'rm', job.stack, '--yes', '--force', '--remove-backups']);
  return { ...destroyed, code: removed.code, output: removed.code === 0 ? destroyed.output : removed.output };
}

/** The language host of the inline program: the CLI calls back into this process for the resources. */
async function serveProgram(job: PulumiJob): Promise<{ port: number }> {
  enableCompileCache(join(job.folder, '..', 'compile-cache'));
  const [{ Server, ServerCredentials }, automation, { default: proto }, { environmentProgram }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('@pulumi/pulumi/automation/server.js'),
    import('@pulumi/pulumi/proto/language_grpc_pb.js'),
    import('../../infra/environment-program.ts'),
  ]);
  // Public at run time, left out of the types.
  const { LanguageServer } = automation.default as unknown as {
    LanguageServer: new (program: () => unknown) => object;
  };
  if (job.specFile === null) throw new TypeError('an "up" needs a spec');
  const spec = JSON.parse(readFileSync(job.specFile, 'utf8')) as EnvironmentSpec;
  const program = async () => environmentProgram(spec, null);
  const server = new Server({
    'grpc.max_receive_message_length': 400 << 20,
    'grpc.max_send_message_length': 400 << 20,
  });
  server.addService(proto.LanguageRuntimeService, new LanguageServer(program) as never);
  return await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve({ port }),
    );
  });
}

/** Runs the CLI and tells the parent of each object as the event log names it. */
async function follow(
  job: PulumiJob,
  args: string[],
  eventLog: string,
): Promise<Extract<PulumiReport, { kind: 'exit' }>> {
  const finished = new AbortController();
  const diagnostics: PulumiDiagnostic[] = [];
  const tail = tailEvents(eventLog, finished.signal, diagnostics);
  const { code, output } = await runCli(job, args);
  finished.abort();
  await tail;
  return { kind: 'exit', code, diagnostics, output };
}

async function tailEvents(file: string, finished: AbortSignal, diagnostics: PulumiDiagnostic[]): Promise<void> {
  let seen = 0;
  for (let last = false; !last; ) {
    last = finished.aborted;
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    const part = readEvents(lines.slice(seen));
    seen = lines.length;
    for (const resource of part.resources) tell({ kind: 'resource', resource });
    diagnostics.push(...part.diagnostics);
    if (!last) await sleep(pollMs, undefined, { signal: finished }).catch(() => undefined);
  }
}

async function runCli(job: PulumiJob, args: string[]): Promise<{ code: number | null; output: string }> {
  cli = spawn(join(job.root, 'bin', 'pulumi'), [...args, '--non-interactive', '--color', 'never'], {
    cwd: job.folder,
    env: cliEnvironment(job),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [cli.stdout, cli.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-outputTailBytes);
    });
  }
  const [code] = (await once(cli, 'close')) as [number | null];
  return { code, output };
}

/** What the CLI and the provider need of ours (proxies, cloud credentials for kubeconfigs that ask a helper), nothing else. */
function cliEnvironment(job: PulumiJob): Record<string, string | undefined> {
  const ours = /^(GREENROOM_|PULUMI_|DATABASE_URL$|PG[A-Z]+$|NODE_|npm_)/;
  const inherited = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return {
    ...Object.fromEntries(inherited),
    PATH: [join(job.root, 'bin'), process.env.PATH].join(delimiter),
    // Each lives for seconds: half as many collections take an eighth off its processor time, for some megabytes.
    GOGC: '200',
    PULUMI_HOME: join(job.folder, 'home'),
    // What the provider puts down and forgets goes with the operation's folder.
    TMPDIR: job.folder,
    KUBECONFIG: job.kubeconfig,
    ...job.backend.env,
    PULUMI_BACKEND_URL: job.backend.url,
    PULUMI_CONFIG_PASSPHRASE: job.passphrase,
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true',
    PULUMI_SKIP_UPDATE_CHECK: '1',
    // Without it the CLI knows no --event-log.
    PULUMI_DEBUG_COMMANDS: '1',
    // A crash loses this run's state, which costs nothing: teardown goes by the cluster's labels (docs/decisions/0002).
    PULUMI_SKIP_CHECKPOINTS: '1',
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: '1',
    // Saves a look through all stacks for some of an older layout.
    PULUMI_DIY_BACKEND_NO_LEGACY_WARNING: '1',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: '1',
    PULUMI_K8S_UPSERT_EXISTING_OBJECTS: 'true',
    PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS: 'true',
  };
}

function tell(report: PulumiReport, sent?: () => void): void {
  process.send?.(report, undefined, undefined, sent);
}
