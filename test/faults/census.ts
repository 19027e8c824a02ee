import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labels } from '../../infra/labels.ts';
import type { FaultStand } from './fault-stand.ts';
import { listeningPorts, processesInCluster, processesMarked } from './own-processes.ts';
import type { ServeProcess } from './serve-process.ts';
import { until } from './until.ts';

/** Everything of ours that could be left behind, as lines. Counted twice, before and after a fault, it must be the same. */
export interface Census {
  namespaces: string[];
  /** Outside of the cluster: serve, Pulumi's CLI and provider. */
  processes: string[];
  ports: number[];
  /** Files of Pulumi's state, or rows with a PostgreSQL server. */
  stacks: string[];
  /** What runs and operations put down in the data folder and in the folder for temporary files. */
  folders: string[];
  /** In the node: of pods, and of containers. */
  mounts: string[];
  /** In the node: lines of nftables, and how many links of pods and shims of containers. */
  rules: string[];
  links: number;
  shims: number;
}

const settleMs = 180_000;
const system = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

async function takeCensus(stand: FaultStand, rows: () => Promise<string[]> = async () => []): Promise<Census> {
  const { cluster, instance, serves } = stand;
  const { items } = await cluster.kubernetes.core.listNamespace({ labelSelector: `${labels.instance}=${instance}` });
  const processes = serves.flatMap((serve) => processesMarked(serve.mark));
  const node = (await cluster.status()).supervisorPid;
  const inNode = (...command: string[]) => {
    const words = ['--target', String(node), '--net', ...command];
    return execFileSync('nsenter', words, { encoding: 'utf8', env: system }).trimEnd().split('\n');
  };
  return {
    namespaces: items.map((namespace) => namespace.metadata?.name ?? ''),
    processes: processes.map(({ command }) => command).sort(),
    ports: listeningPorts(processes).sort(),
    stacks: [...serves.flatMap(stateFiles), ...(await rows())],
    folders: serves.flatMap(workFolders),
    mounts: mountsOf(node),
    rules: rulesOf(inNode('nft', '--stateless', 'list', 'ruleset')),
    links: inNode('ip', '-o', 'link').length,
    shims: processesInCluster(cluster.id, /containerd-shim/).length,
  };
}

/** Before anything happens, and when what `serve` prepares at its start is done, with no child of it left. */
export async function firstCensus(stand: FaultStand, rows?: () => Promise<string[]>): Promise<Census> {
  return until('serve rests', async () => {
    // It is said when the probe's namespace is gone; what is counted before that may still have it.
    const hasAsked = stand.serves.every((serve) => serve.hasSaid('network policies of the cluster'));
    const census = await takeCensus(stand, rows);
    const isAlone = census.processes.length === stand.serves.length && census.namespaces.length === 0;
    return hasAsked && isAlone && census;
  });
}

/** Resolves when all is as it was. What the kernel and the cluster take apart a little later may take a little longer. */
export async function expectCensus(
  stand: FaultStand,
  before: Census,
  rows: () => Promise<string[]> = async () => [],
): Promise<void> {
  await until(
    'the census is what it was before',
    async () => {
      const left = differences(before, await takeCensus(stand, rows));
      if (left.length > 0) throw new Error(`\n${left.join('\n')}\n`);
      return true;
    },
    settleMs,
  );
}

function differences(before: Census, after: Census): string[] {
  return (Object.keys(before) as (keyof Census)[]).flatMap((kind) => {
    const [old, now] = [before[kind], after[kind]];
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    if (!Array.isArray(old) || !Array.isArray(now)) return [`${kind}: ${old} before, ${now} now`];
    const [gone, left] = [without(old, now), without(now, old)];
    // The same ones in another order are no difference.
    return gone.length + left.length === 0 ? [] : [`${kind}: ${lines('gone', gone)}${lines('left', left)}`];
  });
}

function without(some: readonly unknown[], others: readonly unknown[]): unknown[] {
  const rest = [...others];
  return some.filter((one) => {
    const at = rest.indexOf(one);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

function lines(what: string, some: readonly unknown[]): string {
  return some.length === 0 ? '' : `\n  ${what}: ${some.join(`\n  ${what}: `)}`;
}

/**
 * Each line with the table and the chain, map or set that it stands in. Without chains that are empty: kube-proxy takes its own away at its next
 * change of anything, or within the hour.
 */
function rulesOf(ruleset: readonly string[]): string[] {
  let [table, place] = ['', ''];
  return ruleset.flatMap((line) => {
    const text = line.trim();
    if (text === '' || text === '}') return [];
    if (text.startsWith('table ')) [table, place] = [text.replace(' {', ''), ''];
    else if (/^(chain|map|set) .*{$/.test(text)) place = text.replace(' {', '');
    else return [`${table}, ${place}: ${text}`];
    return [];
  });
}

/** Without what a backend has from its first use on. */
function stateFiles({ dataDir }: ServeProcess): string[] {
  const folder = join(dataDir, 'pulumi', 'state', '.pulumi');
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => !/\/meta\.yaml(\.attrs)?$/.test(file)).sort();
}

/** Without the cache of compiled code, which operations share. */
function workFolders({ dataDir, tempDir }: ServeProcess): string[] {
  const folders = [join(dataDir, 'work'), join(dataDir, 'pulumi', 'work'), tempDir];
  return folders.flatMap((folder) => {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return names.filter((name) => name !== 'compile-cache').map((name) => join(folder, name));
  });
}

function mountsOf(supervisorPid: number | null): string[] {
  const lines = readFileSync(`/proc/${supervisorPid}/mountinfo`, 'utf8').trimEnd().split('\n');
  return lines
    .map((line) => line.split(' ')[4] ?? '')
    .filter((place) => /\/(pods|io\.containerd\.[^/]+)\//.test(place));
}
