#!/usr/bin/env node
// Plain JavaScript, Node's own modules only: this file runs on whatever Node a newcomer has (18 or newer), before anything
// is installed. It installs the locked dependencies when they are missing or out of date and starts what was asked for on
// the Node 24 among them. Only that program's own output goes to stdout.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './bootstrap-dependencies.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const couldNotTest = 3;
const fixInput = 2;

const programs = {
  greenroom: ['src/main.ts'],
  test: ['tools/gate.mjs', 'test'],
  'test:long': ['tools/test-long.mjs'],
  check: ['tools/gate.mjs', 'check'],
  faults: ['tools/gate.mjs', 'faults'],
  attacks: ['tools/gate.mjs', 'attacks'],
  bench: ['bench/bench.ts'],
  simulate: ['test/simulator/main.ts'],
  schema: ['schema/generate.ts'],
};

/** A service waits most of its time: a large nursery keeps some 80 MB that nobody uses (docs/benchmarks.md). */
const nodeFlags = ['--max-semi-space-size=8'];

function say(line) {
  process.stderr.write(`greenroom: ${line}\n`);
}

/** The Node 24 that npm brought, else our own if it is new enough, else null. */
function chooseNode() {
  const bundled = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (process.platform === 'linux' && existsSync(bundled)) return bundled;
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : null;
}

function run(node, args) {
  const child = spawn(node, args, {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    say(`starting "${node}": ${error.message}`);
    process.exit(couldNotTest);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

const [name = 'greenroom', ...rest] = process.argv.slice(2);
// `npx greenroom run .` names a command at once; `bootstrap.mjs greenroom run .` names the program first.
const program = Object.hasOwn(programs, name) ? programs[name] : null;
const [script, ...given] = program ?? programs.greenroom;
const args = program === null ? process.argv.slice(2) : rest;

const installed = await ensureDependencies(root, say);
if (!installed) process.exit(couldNotTest);
const node = chooseNode();
if (node === null) {
  say(`needs Node 24 or newer, and npm has none for ${process.platform} ${process.arch}; this is ${process.version}.`);
  say('Install Node 24 (https://nodejs.org) and start again.');
  process.exit(fixInput);
}
run(node, [...nodeFlags, join(root, script), ...given, ...args]);
