// Part of the bootstrap: Node's own modules only, Node 18 or newer.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Makes node_modules what package-lock.json says; at once when it is so already. Two processes do not clash.
 * @returns {Promise<boolean>} false when npm could not do it; npm has said why on stderr
 */
export async function ensureDependencies(root, say) {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stampPath = join(root, 'node_modules', '.greenroom-stamp');
  const stamp = createHash('sha256').update(`${process.platform} ${process.arch}\n${lockText}`).digest('hex');
  if (readText(stampPath) === stamp) return true;
  const id = createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 12);
  const lock = join(tmpdir(), `greenroom-install-${userInfo().uid}-${id}.lock`);
  await takeLock(lock, say);
  try {
    if (readText(stampPath) === stamp) return true;
    // An `npm ci` by hand counts too: nothing that fits is ever installed again.
    if (!agrees(root, JSON.parse(lockText))) {
      say('installing the locked dependencies (npm ci, about a minute, once)');
      const startedMs = Date.now();
      if (!(await npmCi(root, say))) return false;
      say(`dependencies installed in ${Math.round((Date.now() - startedMs) / 1000)} s`);
    }
    writeFileSync(stampPath, stamp);
    return true;
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Whether npm's own record of what it installed has every package of the lock file in the locked version. */
export function agrees(root, lock) {
  const record = readText(join(root, 'node_modules', '.package-lock.json'));
  if (record === null) return false;
  const installed = JSON.parse(record).packages ?? {};
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true && mayBeAbsent(wanted);
    return found.version === wanted.version && found.integrity === wanted.integrity && existsSync(join(root, path));
  });
}

/** npm leaves an optional package out when its os, cpu or libc is another, and with it what only that one needs. */
function mayBeAbsent({ os, cpu, libc }) {
  if (os === undefined && cpu === undefined) return true;
  const ourLibc = process.report?.getReport?.().header?.glibcVersionRuntime ? 'glibc' : 'musl';
  const fits = allows(os, process.platform) && allows(cpu, process.arch);
  return !(fits && (process.platform !== 'linux' || allows(libc, ourLibc)));
}

/** `list`: nothing, one word or several, each of which may be forbidden by a `!`. */
function allows(list, value) {
  const words = [list ?? []].flat();
  if (words.includes(`!${value}`)) return false;
  return words.every((word) => word.startsWith('!')) || words.includes(value);
}

function npmCi(root, say) {
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const script = process.env.npm_execpath;
  const command = script?.endsWith('.js') ? [process.execPath, script, ...args] : ['npm', ...args];
  return new Promise((resolve) => {
    // npm's stdout goes to our stderr: stdout belongs to the program that was asked for.
    const child = spawn(command[0], command.slice(1), { cwd: root, stdio: ['ignore', 2, 2] });
    const forward = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, forward);
    child.on('error', (error) => {
      say(`starting npm: ${error.message}. Install npm 9 or newer.`);
      resolve(false);
    });
    child.on('close', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, forward);
      if (code !== 0) say(`npm ci ended with ${code}; look at the network and the registry, then start again.`);
      resolve(code === 0);
    });
  });
}

async function takeLock(path, say) {
  let told = false;
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(readText(path));
    if (owner > 0 ? !isAlive(owner) : isOld(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) say(`waiting for process ${owner}, which installs the dependencies`);
    told = true;
    await sleep(300);
  }
}

/** Without a process id in it: its owner is between making and writing it, or died there. */
function isOld(path) {
  try {
    return Date.now() - statSync(path).mtimeMs > 5000;
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
