// The gates: `test` runs everything, `check` what takes under a minute, `faults` every real fault, `attacks` what a hostile change tries. Ends with the line
// `N passed, N failed` alone. Runs on the Node that the bootstrap chose.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readVitestReport, sumUp } from './gate-result.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [gate = 'test', ...more] = process.argv.slice(2);
const bin = (name) => join(root, 'node_modules', name);
const running = new Set();
let stoppedAt = 0;

/** Children get a session of their own, so that a Ctrl-C reaches them once, from us, and vitest ends in good order. */
function run(title, args, command = process.execPath) {
  process.stdout.write(`\n== ${title}\n`);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
        ...(gate === 'faults' ? { GREENROOM_FAULTS: 'all' } : {}),
      },
    });
    running.add(child);
    child.on('error', (error) => {
      process.stdout.write(`${title}: ${error.message}\n`);
      resolve(-1);
    });
    child.on('close', (code) => {
      running.delete(child);
      resolve(code ?? -1);
    });
  });
}

/** The first signal asks; one that comes more than a second later ends the whole group. npm repeats what a terminal sends. */
function stop(signal) {
  const repeated = stoppedAt !== 0 && Date.now() - stoppedAt > 1000;
  if (stoppedAt === 0) stoppedAt = Date.now();
  else if (!repeated) return;
  for (const child of running) {
    if (repeated) process.kill(-child.pid, 'SIGKILL');
    else child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  }
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stop(signal);
    process.exitCode = 128 + constants.signals[signal];
  });
}

const checks = [];
async function check(title, args, command) {
  if (stoppedAt === 0) checks.push({ title, code: await run(title, args, command) });
}

// As many checkers as processors: each works out the types that it meets for itself.
const checkers = ['--checkers', String(availableParallelism())];
await check('types', [bin('typescript-native/bin/tsc'), '-p', '.', ...checkers]);
for (const project of ['scenarios/tsconfig.json', 'examples/shop/tsconfig.json']) {
  if (existsSync(join(root, project)))
    await check(`types of ${dirname(project)}`, [bin('typescript-native/bin/tsc'), '-p', project]);
}
await check('biome', ['check'], bin(`@biomejs/cli-linux-${process.arch}/biome`));

const folder = mkdtempSync(join(tmpdir(), 'greenroom-gate-'));
try {
  const report = join(folder, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const projects = { check: ['unit'], faults: ['faults'], attacks: ['attacks'] }[gate] ?? ['unit', 'cluster'];
  const chosen = projects.flatMap((project) => ['--project', project]);
  const vitest = [bin('vitest/vitest.mjs'), 'run', ...reporters, ...chosen, ...more];
  const code = stoppedAt === 0 ? await run('vitest', vitest) : -1;
  const { lines, passed, failed } = sumUp(checks, readVitestReport(report), code);
  process.stdout.write(`\n${lines.map((line) => `${line}\n`).join('')}${passed} passed, ${failed} failed\n`);
  process.exitCode ||= failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
