import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface OwnProcess {
  pid: number;
  command: string;
}

/** Every process with this entry in its environment, whoever started it: children and their children inherit it. */
export function processesMarked(mark: string): OwnProcess[] {
  return processIds().flatMap((pid) => {
    const environment = read(pid, 'environ').split('\0');
    return environment.includes(mark) ? [{ pid, command: commandOf(pid) }] : [];
  });
}

/** Processes inside of a cluster, pods included, whose command has this word. */
export function processesInCluster(clusterId: string, word: RegExp): OwnProcess[] {
  return processIds().flatMap((pid) => {
    if (!read(pid, 'cgroup').includes(`greenroom-${clusterId}`)) return [];
    const command = commandOf(pid);
    return word.test(command) ? [{ pid, command }] : [];
  });
}

/** TCP ports on which these processes listen. */
export function listeningPorts(processes: readonly OwnProcess[]): number[] {
  const sockets = new Set(processes.flatMap(({ pid }) => socketsOf(pid)));
  return ['tcp', 'tcp6'].flatMap((kind) => {
    const lines = readFileSync(`/proc/net/${kind}`, 'utf8').split('\n').slice(1);
    return lines.flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      return state === '0A' && sockets.has(inode) ? [Number.parseInt(local.split(':')[1] ?? '', 16)] : [];
    });
  });
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const names = attempt(() => readdirSync(folder), []);
  return names.flatMap((name) => {
    const target = attempt(() => readlinkSync(join(folder, name)), '');
    return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
  });
}

function commandOf(pid: number): string {
  return read(pid, 'cmdline').replaceAll('\0', ' ').trim();
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty for a process that has ended meanwhile. */
function read(pid: number, file: string): string {
  return attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'), '');
}

function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
