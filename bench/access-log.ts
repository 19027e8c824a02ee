import { z } from 'zod';
import type { BenchStage } from './stage.ts';

/** One request as the shop's `web` has logged it after its answer. */
const RequestLine = z.object({
  time: z.iso.datetime(),
  event: z.literal('request'),
  path: z.string(),
  agent: z.string(),
  ms: z.number(),
});

export interface AccessLine {
  /** When the request arrived: milliseconds since 1970. */
  at: number;
  path: string;
  agent: string;
}

/** The access logs of all replicas of a service, oldest first. Probes are not in them. */
export async function readAccessLog(stage: BenchStage, namespace: string, service: string): Promise<AccessLine[]> {
  const pods = await stage.kubectl(['get', 'pods', '--namespace', namespace, '--output', 'name']);
  const ofService = pods.split('\n').filter((pod) => pod.startsWith(`pod/${service}-`));
  const logs = await Promise.all(ofService.map((pod) => stage.kubectl(['logs', '--namespace', namespace, pod])));
  return logs
    .flatMap((log) => log.split('\n'))
    .flatMap((line) => readLine(line) ?? [])
    .toSorted((left, right) => left.at - right.at);
}

function readLine(line: string): AccessLine | null {
  try {
    const { time, path, agent, ms } = RequestLine.parse(JSON.parse(line));
    return { at: Date.parse(time) - ms, path, agent };
  } catch {
    return null;
  }
}
