import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Everything by which a node could be noticed outside its data folder; lists of lines, so that a difference can be read. */
export interface HostTraces {
  links: string[];
  routes: string[];
  rules: string[];
  mounts: string[];
  cgroups: string[];
  networkNames: string[];
  kernelSettings: string[];
  files: string[];
}

/** Folders where a node's programs would write if they could. */
const writable = [
  '/etc',
  '/etc/cni',
  '/opt',
  '/opt/cni',
  '/opt/containerd',
  '/run',
  '/run/containerd',
  '/run/netns',
  '/usr/libexec',
].concat(['/var/lib', '/var/lib/cni', '/var/lib/containerd', '/var/lib/kubelet', '/var/lib/etcd', '/var/log']);
const settings =
  /^(net\.ipv4\.(ip_forward|conf\.(all|default|lo|eth0)\.)|net\.bridge\.|net\.netfilter\.nf_conntrack_(max|tcp)|kernel\.(panic|keys)|vm\.(overcommit|panic))/;

export function hostTraces(): HostTraces {
  return {
    links: names(run('ip', '-o', 'link'), /^\d+: ([^:@]+)/),
    routes: lines(run('ip', '-4', 'route', 'show', 'table', 'all')),
    rules: lines(run('nft', 'list', 'ruleset')),
    mounts: lines(readFileSync('/proc/self/mountinfo', 'utf8')).map((line) => line.split(' ')[4] ?? ''),
    cgroups: cgroups('/sys/fs/cgroup', 2),
    networkNames: entries('/run/netns'),
    kernelSettings: lines(run('sysctl', '-a')).filter((line) => settings.test(line)),
    files: writable.flatMap((folder) => entries(folder).map((name) => join(folder, name))),
  };
}

/** What came and what went between two looks; empty when all is as before. Other clusters that stand beside do not count. */
export function differences(before: HostTraces, after: HostTraces, id: string): string[] {
  return (Object.keys(before) as (keyof HostTraces)[]).flatMap((kind) => {
    const [old, now] = [new Set(before[kind]), new Set(after[kind])];
    const came = after[kind].filter((line) => !old.has(line)).map((line) => `${kind}: + ${line}`);
    const went = before[kind].filter((line) => !now.has(line)).map((line) => `${kind}: - ${line}`);
    return [...came, ...went].filter((line) => !isOfAnother(line, id));
  });
}

/** Processes that are in one of these namespaces or in the cluster's cgroup. The kernel gives a namespace's number to the next one. */
export function processesOf(namespaces: string[], id: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const [command, cgroup] = ['cmdline', 'cgroup'].map((file) =>
        attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')),
      );
      const isInside = namespacesOf(Number(pid)).some((namespace) => namespaces.includes(namespace));
      const isOurs = isInside || cgroup?.includes(`greenroom-${id}`);
      return isOurs && !isOfAnother(`${command}${cgroup}`, id) ? [`${pid} ${command?.replaceAll('\0', ' ')}`] : [];
    });
}

function isOfAnother(text: string, id: string): boolean {
  const mark = /(?:gr-|greenroom-|greenroom-node:)([0-9a-f]{8})\b/.exec(text);
  return mark !== null && mark[1] !== id;
}

export function namespacesOf(pid: number): string[] {
  return ['net', 'mnt', 'pid']
    .map((kind) => attempt(() => readlinkSync(`/proc/${pid}/ns/${kind}`)))
    .filter((name) => name !== '');
}

function cgroups(folder: string, depth: number): string[] {
  if (depth === 0) return [];
  const inner = entries(folder, true).map((name) => join(folder, name));
  return inner.flatMap((path) => [path, ...cgroups(path, depth - 1)]);
}

function entries(folder: string, foldersOnly = false): string[] {
  try {
    const found = readdirSync(folder, { withFileTypes: true });
    return found.filter((entry) => !foldersOnly || entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

function names(text: string, pattern: RegExp): string[] {
  return lines(text).map((line) => pattern.exec(line)?.[1] ?? line);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
}

/** Empty for a process that has ended meanwhile. */
function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
