import { constants } from 'node:fs';
import { access, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../errors.ts';
import { type ChildEnd, childOutput } from './child-output.ts';
import { type DebianNeed, type DebianPackage, debianPackages } from './debian-packages.ts';
import { withProcessLock } from './process-lock.ts';

/** Runs one program to its end; `debianRun` is the real one. */
export type RunProgram = (
  command: string,
  args: string[],
  signal: AbortSignal,
) => Promise<Pick<ChildEnd, 'code' | 'tail'>>;

export interface DebianOptions {
  isRoot: boolean;
  /** `isDebian(root)`. */
  isDebian: boolean;
  /** Asks a person on a terminal; null without one. */
  interactive: ((question: string) => Promise<boolean>) | null;
  /** `--yes` */
  assumeYes: boolean;
  run: RunProgram;
  onProgress: (line: string) => void;
  signal: AbortSignal;
  /** File system root to look in; tests bring their own. */
  root?: string;
}

const policyMark = '# written by greenroom for the time of an installation';
const installMinutes = 3;

export async function isDebian(root = '/'): Promise<boolean> {
  const release = await readFile(join(root, 'etc/os-release'), 'utf8').catch(() => '');
  return /^ID="?debian"?$/m.test(release);
}

/** Names of the packages that `needs` ask for and that are not there, in the table's order. */
export async function missingDebianPackages(needs: readonly DebianNeed[], root = '/'): Promise<DebianPackage[]> {
  const wanted = debianPackages.filter((candidate) => needs.includes(candidate.need));
  const present = await Promise.all(wanted.map((candidate) => isPresent(candidate, root)));
  return wanted.filter((_, index) => !present[index]);
}

/**
 * Installs what is missing: asked first on a terminal; with `--yes` or without a terminal it goes ahead. No service that a
 * package brings is started or left enabled.
 * @returns the names of the packages that were installed
 * @throws RunError MACHINE_INCOMPLETE (fix-input) when we may not install, PACKAGES_NOT_INSTALLED with apt's last lines
 */
export async function ensureDebianPackages(needs: readonly DebianNeed[], options: DebianOptions): Promise<string[]> {
  const root = options.root ?? '/';
  const missing = await missingDebianPackages(needs, root);
  if (missing.length === 0) return [];
  refuseWhereWeMayNot(missing, options);
  const names = missing.map((candidate) => candidate.name).join(' ');
  options.onProgress(`missing Debian packages: ${names}`);
  if (options.interactive !== null && !options.assumeYes) {
    const agreed = await options.interactive(`Install them now (apt-get, about ${installMinutes} minutes)? [Y/n] `);
    if (!agreed) throw incomplete(missing, `Install them (apt-get install ${names}), or pass --yes.`);
  }
  const locks = join(root, 'run/lock');
  await mkdir(locks, { recursive: true });
  const waiting = (owner: number) => options.onProgress(`waiting for process ${owner}, which installs packages`);
  return withProcessLock(join(locks, 'greenroom-apt.lock'), options.signal, waiting, async () => {
    const still = await missingDebianPackages(needs, root);
    if (still.length > 0) await install(still, root, options);
    return still.map((candidate) => candidate.name);
  });
}

/** The real `run` of `DebianOptions`. */
export function debianRun(env: Readonly<Record<string, string | undefined>>): RunProgram {
  return (command, args, signal) =>
    childOutput(command, args, { env: { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }, signal });
}

async function isPresent(candidate: DebianPackage, root: string): Promise<boolean> {
  for (const probe of candidate.probes) {
    if (probe.includes('*')) {
      for await (const _ of glob(probe, { cwd: root })) return true;
    } else if (await exists(join(root, probe))) return true;
  }
  return false;
}

function refuseWhereWeMayNot(missing: DebianPackage[], options: DebianOptions): void {
  const elsewhere = missing.some((candidate) => candidate.need === 'cluster')
    ? ' Or use a cluster that you have: --context kind-dev.'
    : '';
  if (!options.isDebian) {
    throw incomplete(
      missing,
      `This machine is not Debian: install what these packages hold by its own means.${elsewhere}`,
    );
  }
  if (!options.isRoot) {
    const names = missing.map((candidate) => candidate.name).join(' ');
    throw incomplete(missing, `Run as root, or: sudo apt-get install --no-install-recommends ${names}.${elsewhere}`);
  }
}

function incomplete(missing: DebianPackage[], hint: string): RunError {
  const names = missing.map((candidate) => `"${candidate.name}"`).join(', ');
  return new RunError(`looking for what this machine needs: ${names} missing`, {
    code: 'MACHINE_INCOMPLETE',
    remedy: 'fix-input',
    hint,
  });
}

async function install(missing: DebianPackage[], root: string, options: DebianOptions): Promise<void> {
  const names = missing.map((candidate) => candidate.name);
  const withoutServices = await forbidServiceStarts(root);
  try {
    options.onProgress('apt-get update');
    await apt(['update'], names, options);
    options.onProgress(`apt-get install ${names.join(' ')} (about ${installMinutes} minutes)`);
    await apt(['install', '--yes', '--no-install-recommends', ...names], names, options);
    const units = missing.flatMap((candidate) => candidate.units ?? []);
    if (units.length > 0 && (await exists(join(root, 'run/systemd/system')))) {
      // Not started now, and not at the next boot either. A unit that this release does not have is no loss.
      for (const unit of units) await options.run('systemctl', ['disable', unit], options.signal);
    }
  } finally {
    await withoutServices();
  }
}

async function apt(args: string[], names: string[], options: DebianOptions): Promise<void> {
  const end = await options.run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], options.signal);
  if (end.code === 0) return;
  throw new RunError(`installing the Debian packages "${names.join(' ')}": apt-get ${args[0]} ended with ${end.code}`, {
    code: 'PACKAGES_NOT_INSTALLED',
    remedy: 'retry',
    hint: 'The last lines say why: usually the network, the sources list, or another apt-get that is running.',
    evidence: end.tail,
  });
}

/** invoke-rc.d and deb-systemd-invoke ask /usr/sbin/policy-rc.d first; 101 forbids. A policy of the operator's own stays. */
async function forbidServiceStarts(root: string): Promise<() => Promise<void>> {
  const path = join(root, 'usr/sbin/policy-rc.d');
  const found = await readFile(path, 'utf8').catch(() => null);
  if (found !== null && !found.includes(policyMark)) return async () => undefined;
  await mkdir(join(root, 'usr/sbin'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${policyMark}\nexit 101\n`, { mode: 0o755 });
  return () => rm(path, { force: true });
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
