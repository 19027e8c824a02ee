// The gates: `test` runs everything, `check` what takes under a minute, `faults` every real fault. Ends with the line
// `N passed, N failed` alone. Runs on the Node that the bootstrap chose.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readVitestReport, sumUp } from './gate-result.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [gate = 'test', ...more] = process.argv.slice(2);
const bin = (name) => join(root, 'node_modules', name);
const running = new Set();
let stoppedAt = 0;

/**
 * Children get a session of their own, so that a Ctrl-C reaches them once, from us, and vitest ends in good order.
 * @param {number} [output] a file for what it prints, when it is not to be mixed with another's
 */
function run(title, args, command = process.execPath, output) {
  const out = output ?? 'inherit';
  process.stdout.write(`\n== ${title}\n`);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', out, out],
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

await check('types', [bin('typescript-native/bin/tsc'), '-p', '.']);
for (const project of ['scenarios/tsconfig.json', 'examples/shop/tsconfig.json']) {
  if (existsSync(join(root, project)))
    await check(`types of ${dirname(project)}`, [bin('typescript-native/bin/tsc'), '-p', project]);
}
await check('biome', ['check'], bin(`@biomejs/cli-linux-${process.arch}/biome`));

/**
 * One vitest of these projects, alone or beside another one, whose lines come first.
 * @returns what it adds up to
 */
async function runVitest(projects, besides = []) {
  const name = projects.join('-') || 'all';
  const report = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const chosen = projects.flatMap((project) => ['--project', project]);
  const args = [bin('vitest/vitest.mjs'), 'run', ...reporters, ...chosen, ...more];
  const title = ['vitest', ...projects].join(' ');
  const file = join(folder, `${name}.log`);
  const output = besides.length > 0 ? openSync(file, 'w') : undefined;
  const code = await run(title, args, process.execPath, output);
  if (output !== undefined) {
    await Promise.all(besides);
    process.stdout.write(`\n== ${title}, beside the others\n${readFileSync(file, 'utf8')}`);
  }
  return { code, report };
}

/** Real faults have a cluster of their own and wait most of their time: within `test` they happen beside everything else. */
async function runTests() {
  if (gate === 'check') return [await runVitest(['unit'])];
  if (gate === 'faults') return [await runVitest(['faults'])];
  if (more.length > 0) return [await runVitest([])];
  const most = runVitest(['unit', 'cluster']);
  return await Promise.all([most, runVitest(['faults'], [most])]);
}

const folder = mkdtempSync(join(tmpdir(), 'greenroom-gate-'));
try {
  const runs = stoppedAt === 0 ? await runTests() : [];
  const sums = runs.map(({ code, report }, index) => sumUp(index === 0 ? checks : [], readVitestReport(report), code));
  const total = (of) => sums.reduce((sum, each) => sum + of(each), 0);
  const [passed, failed] = [total((sum) => sum.passed), total((sum) => sum.failed)];
  const lines = sums.flatMap((sum) => sum.lines);
  process.stdout.write(`\n${lines.map((line) => `${line}\n`).join('')}${passed} passed, ${failed} failed\n`);
  process.exitCode ||= failed === 0 && runs.length > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
