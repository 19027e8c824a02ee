import { clusterDown } from '../cluster/cluster-down.ts';
import { clusterStatus } from '../cluster/cluster-status.ts';
import type { ClusterStatus } from '../cluster/embedded-cluster.ts';
import { RunError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandInput } from './command.ts';
import { loadConfig } from './load-config.ts';
import { bringClusterUp } from './open-machine.ts';

export async function runCluster(input: CommandInput): Promise<number> {
  const { host, flags, positionals } = input;
  const { dataDir } = loadConfig(input).service;
  const say = (line: string) => host.stderr.write(`${line}\n`);
  switch (positionals[0]) {
    case 'up': {
      const up = await bringClusterUp({
        host,
        config: loadConfig(input),
        assumeYes: flags.yes === true,
        onProgress: say,
        signal: host.shutdown,
      });
      if (flags.json === true) host.stdout.write(`${JSON.stringify(await clusterStatus({ dataDir }))}\n`);
      else say(`ready: export KUBECONFIG=${up.kubeconfigPath}   (registry ${up.registry.address})`);
      return exitCodes.passed;
    }
    case 'down':
      await clusterDown({ dataDir, onProgress: say, signal: host.shutdown });
      return exitCodes.passed;
    case 'status': {
      const status = await clusterStatus({ dataDir });
      host.stdout.write(flags.json === true ? `${JSON.stringify(status)}\n` : renderStatus(status));
      return status.running && status.nodeReady ? exitCodes.passed : exitCodes.couldNotTest;
    }
    default:
      throw new RunError(`running "greenroom cluster ${positionals[0] ?? ''}"`, {
        code: 'USAGE',
        remedy: 'fix-input',
        hint: 'Say "greenroom cluster up", "down" or "status".',
      });
  }
}

function renderStatus(status: ClusterStatus): string {
  if (!status.running) return `cluster "${status.name}" is down; "greenroom cluster up" starts it\n`;
  const lines = [
    `cluster "${status.name}": node ${status.nodeReady ? 'ready' : 'not ready'}, supervisor ${status.supervisorPid ?? 'gone'}`,
    `  kubeconfig ${status.kubeconfigPath}`,
    `  registry   ${status.addresses?.registry ?? 'unknown'}`,
    `  logs       ${status.logFolder}`,
    '',
    `  ${'PART'.padEnd(26)}${'STATE'.padEnd(12)}${'PID'.padEnd(9)}${'MEMORY'.padEnd(10)}${'RESTARTS'.padEnd(10)}LAST ERROR`,
  ];
  for (const part of status.parts) {
    const memory = part.memoryBytes === null ? '-' : `${Math.round(part.memoryBytes / 1024 ** 2)} MiB`;
    const columns = [
      part.name.padEnd(26),
      part.condition.padEnd(12),
      String(part.pid ?? '-').padEnd(9),
      memory.padEnd(10),
    ];
    lines.push(`  ${columns.join('')}${String(part.restarts).padEnd(10)}${part.lastError ?? ''}`.trimEnd());
  }
  return [...lines, ...status.notes.map((note) => `  note: ${note}`), ''].join('\n');
}
