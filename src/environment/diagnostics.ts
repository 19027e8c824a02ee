import { stripVTControlCharacters } from 'node:util';
import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { apiRequest } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { Finding, NotReady } from './not-ready.ts';
import type { Json } from './refusal.ts';

const logLines = 20;
const eventLines = 8;
const lineLength = 500;

export interface ClusterEvent {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  involvedObject: { kind: string; name: string };
  lastTimestamp?: string | null;
  eventTime?: string | null;
}

/** A finding with what shows it: facts, events, the last lines that the container wrote, and the one before it. Never throws for missing evidence. */
export async function withEvidence(
  kubernetes: Kubernetes,
  spec: EnvironmentSpec,
  finding: Finding,
  signal: AbortSignal,
): Promise<NotReady> {
  const { pod, facts, ...rest } = finding;
  const redact = redactionOf(spec);
  const logsOf = (previous: boolean) =>
    pod ? lastLines(kubernetes, spec.name, pod.name, pod.container, previous, signal) : Promise.resolve([]);
  const [events, current, previous] = await Promise.all([
    eventsOf(kubernetes, spec.name, finding.object, signal),
    logsOf(false),
    pod?.restarted ? logsOf(true) : Promise.resolve([]),
  ]);
  const logs = [...previous, ...current].filter((line) => !line.startsWith('unable to retrieve container logs'));
  const evidence = [...facts, ...events, ...logs.slice(-logLines).map((line) => `log: ${line}`)];
  return {
    ...rest,
    message: redact(rest.message),
    evidence: evidence.map((line) => redact(line).slice(0, lineLength)),
  };
}

/** Warnings about an object and its pods, newest last, in one line each. */
export async function eventsOf(
  kubernetes: Kubernetes,
  namespace: string,
  object: string,
  signal: AbortSignal,
): Promise<string[]> {
  const name = object.slice(object.indexOf('/') + 1);
  const events = await listEvents(kubernetes, namespace, signal);
  const about = events
    .filter(
      ({ type, involvedObject: { name: of } }) => type === 'Warning' && (of === name || of.startsWith(`${name}-`)),
    )
    .sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
  // A controller that tries again says the same of a pod with another name: the newest of each stands for all.
  const withoutPod = (text = '') => text.replaceAll(new RegExp(`${name}-[a-z0-9-]+`, 'g'), name);
  const distinct = new Map(about.map((event) => [`${event.reason} ${withoutPod(event.message)}`, event]));
  return [...distinct.values()].slice(-eventLines).map(eventLine);
}

function eventLine({ reason, message, count = 1, involvedObject: { kind, name } }: ClusterEvent): string {
  return `event: ${reason} ${kind}/${name}: ${plain(message ?? '')}${count > 1 ? ` (${count} times)` : ''}`;
}

export async function listEvents(
  kubernetes: Kubernetes,
  namespace: string,
  signal: AbortSignal,
): Promise<ClusterEvent[]> {
  const path = `/api/v1/namespaces/${namespace}/events?limit=500`;
  const { status, body } = await apiRequest<{ items: ClusterEvent[] }>(kubernetes, { path, signal });
  return status === 200 ? body.items : [];
}

async function lastLines(
  kubernetes: Kubernetes,
  namespace: string,
  pod: string,
  container: string,
  previous: boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const query = new URLSearchParams({
    container,
    tailLines: String(logLines),
    limitBytes: '16384',
    previous: String(previous),
  });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`;
  const { status, body } = await apiRequest<string>(kubernetes, { path, accept: 'text/plain, */*', signal });
  return status === 200 ? body.split('\n').filter(Boolean).map(plain) : [];
}

/** Values of the environment's Secrets and passwords in addresses never leave the cluster with a message. */
export function redactionOf(spec: Pick<EnvironmentSpec, 'objects' | 'before'>): (text: string) => string {
  const values = [...spec.objects, ...spec.before]
    .filter((object) => object.kind === 'Secret')
    .flatMap((object) => [
      ...Object.values((object.stringData ?? {}) as Json).map((value) => Buffer.from(String(value))),
      ...Object.values((object.data ?? {}) as Json).map((value) => Buffer.from(String(value), 'base64')),
    ])
    .flatMap(formsOf);
  const longestFirst = [...new Set(values)].sort((a, b) => b.length - a.length);
  return (text) => {
    const withoutValues = longestFirst.reduce((rest, value) => rest.replaceAll(value, '[redacted]'), text);
    return withoutValues.replaceAll(/(\w+:\/\/[^\s:/@]+:)[^\s@/]+@/g, '$1[redacted]@');
  };
}

/** What a value looks like in other people's texts: as it is, inside JSON or an address, in base64, and a key line by line. */
function formsOf(value: Buffer): string[] {
  const text = value.toString().trim();
  const lines = text.split('\n').map((line) => line.trim());
  return [
    ...[text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), value.toString('base64')].filter(
      (form) => form.length >= 4,
    ),
    ...lines.filter((line) => line.length >= 8),
  ];
}

/** One line without colour codes and other control characters. */
function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
}

function timeOf(event: ClusterEvent): string {
  return event.lastTimestamp ?? event.eventTime ?? '';
}
