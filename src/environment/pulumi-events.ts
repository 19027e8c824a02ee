import type { PulumiDiagnostic, ResourceProgress } from './pulumi-job.ts';

/** The fields we read of one line of `pulumi --event-log`. */
interface EngineEvent {
  resOutputsEvent?: { metadata: { op: string; urn: string } };
  diagnosticEvent?: { urn?: string; message: string; severity: string };
}

export interface EventLogPart {
  resources: ResourceProgress[];
  diagnostics: PulumiDiagnostic[];
}

/** PURE. Whole lines of Pulumi's event log, as what we report; a line that is not JSON tells nothing and is passed over. */
export function readEvents(lines: string[]): EventLogPart {
  const part: EventLogPart = { resources: [], diagnostics: [] };
  for (const line of lines) {
    const event = parse(line);
    const created = event?.resOutputsEvent && progressOf(event.resOutputsEvent.metadata);
    if (created) part.resources.push(created);
    const diagnostic = event?.diagnosticEvent;
    if (diagnostic?.severity === 'error') {
      part.diagnostics.push({ object: objectOf(diagnostic.urn ?? ''), message: plain(diagnostic.message) });
    }
  }
  return part;
}

function parse(line: string): EngineEvent | null {
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return null;
  }
}

function progressOf({ op, urn }: { op: string; urn: string }): ResourceProgress | null {
  const [role, kind, name] = resourceName(urn)?.split('/') ?? [];
  if (!role || !kind || !name) return null;
  if (op === 'create') return { action: 'created', role, kind, name };
  return op === 'delete' ? { action: 'deleted', role, kind, name } : null;
}

function objectOf(urn: string): string | null {
  const [, kind, name] = resourceName(urn)?.split('/') ?? [];
  return kind && name ? `${kind}/${name}` : null;
}

/** `urn:pulumi:<stack>::<project>::<types>::<role>/<kind>/<name>`, the name as `declare` (infra) made it. */
function resourceName(urn: string): string | null {
  const name = urn.split('::').at(-1);
  return urn.includes('kubernetes:') && name ? name : null;
}

/** Without Pulumi's colour directives. */
function plain(message: string): string {
  return message.replaceAll(/<\{%[^%]*%\}>/g, '').trim();
}
