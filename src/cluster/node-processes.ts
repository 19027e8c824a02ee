import { readdir, readFile, readlink } from 'node:fs/promises';
import { processMark } from './cluster-folder.ts';

export interface NodeProcess {
  pid: number;
  innerPid: number;
  memoryBytes: number;
}

export interface RunningNode {
  /** Started by `up`, in the host's PID namespace: PID 1 dies with it. */
  launcherPid: number | null;
  /** The node's PID 1, as this machine sees it: everything in the node dies with it. */
  initPid: number | null;
}

/**
 * Finds a node by its processes alone: a state file may be lost, or speak of numbers that other processes have by now.
 * @returns null when no process of such a node runs
 */
export async function findNode(id: string): Promise<RunningNode | null> {
  const mark = processMark(id);
  const node: RunningNode = { launcherPid: null, initPid: null };
  for (const pid of await processIds()) {
    const args = (await read(pid, 'cmdline')).split('\0');
    if (!args.includes(mark)) continue;
    if (innerPidOf(await read(pid, 'status')) === 1) node.initPid = pid;
    else if (args[0] === 'unshare') node.launcherPid = pid;
  }
  return node.launcherPid === null && node.initPid === null ? null : node;
}

/** The processes of a node: its supervisor, parts and their children. Those of pods are in namespaces of their own. */
export async function nodeProcesses(node: RunningNode | null): Promise<NodeProcess[]> {
  const namespace = node?.initPid ? await pidNamespaceOf(node.initPid) : null;
  if (namespace === null) return [];
  const found: NodeProcess[] = [];
  for (const pid of await processIds()) {
    if ((await pidNamespaceOf(pid)) !== namespace) continue;
    const status = await read(pid, 'status');
    const innerPid = innerPidOf(status);
    const memoryBytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
    if (innerPid !== null) found.push({ pid, innerPid, memoryBytes });
  }
  return found;
}

async function processIds(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter(Number.isInteger);
}

function innerPidOf(status: string): number | null {
  const numbers = /^NSpid:\s+(.+)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
  return numbers.length < 2 ? null : Number(numbers.at(-1));
}

async function pidNamespaceOf(pid: number): Promise<string | null> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => null);
}

/** Empty when the process has ended meanwhile. */
async function read(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
