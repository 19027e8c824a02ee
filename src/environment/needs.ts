import type { KubernetesObject } from '../../infra/environment-spec.ts';

/**
 * PURE. The Services that a workload names in its containers' environment, commands and arguments, ConfigMaps and Secrets
 * that it takes its environment from included: `postgres://shop@db:5432/shop` needs `db`. Nobody declares these; what an
 * application is told to talk to says it (docs/decisions/0001).
 * @param objects everything that is deployed together
 */
export function needsOf(workload: KubernetesObject, objects: KubernetesObject[]): string[] {
  const services = objects.filter((object) => object.kind === 'Service').map((object) => object.metadata.name);
  const template = templateOf(workload);
  const text = [containersOf(template).map(ownText), referencedData(template, objects)].flat().join('\n');
  const own = new Set(objects.filter((o) => o.kind === 'Service' && selects(o, template)).map((o) => o.metadata.name));
  return services.filter((name) => !own.has(name) && namesHost(text, name));
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: { containers?: Container[]; initContainers?: Container[]; [field: string]: unknown };
}

export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: Record<string, { name?: string } | undefined> }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  [field: string]: unknown;
}

/** The pod template of a Deployment, StatefulSet or Job; of a CronJob the one of its Job. */
export function templateOf(object: KubernetesObject): PodTemplate | undefined {
  const spec = object.spec as
    | { template?: PodTemplate; jobTemplate?: { spec?: { template?: PodTemplate } } }
    | undefined;
  return spec?.template ?? spec?.jobTemplate?.spec?.template;
}

export function containersOf(template: PodTemplate | undefined): Container[] {
  return [...(template?.spec?.initContainers ?? []), ...(template?.spec?.containers ?? [])];
}

/** Whether a Service sends traffic to the pods of this template. */
export function selects(service: KubernetesObject, template: PodTemplate | undefined): boolean {
  const selector = Object.entries((service.spec as { selector?: Record<string, string> } | undefined)?.selector ?? {});
  const labels = template?.metadata?.labels ?? {};
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

function ownText(container: Container): string {
  const values = (container.env ?? []).map((variable) => variable.value ?? '');
  return [...values, ...(container.command ?? []), ...(container.args ?? [])].join('\n');
}

function referencedData(template: PodTemplate | undefined, objects: KubernetesObject[]): string[] {
  const names = containersOf(template).flatMap((container) => [
    ...(container.envFrom ?? []).map((source) => source.configMapRef?.name ?? source.secretRef?.name),
    ...(container.env ?? []).map((v) => v.valueFrom?.configMapKeyRef?.name ?? v.valueFrom?.secretKeyRef?.name),
  ]);
  return objects
    .filter((object) => ['ConfigMap', 'Secret'].includes(object.kind) && names.includes(object.metadata.name))
    .flatMap((object) => [
      ...Object.values((object.stringData ?? {}) as Record<string, string>),
      ...Object.values((object.data ?? {}) as Record<string, string>).map((value) =>
        object.kind === 'Secret' ? Buffer.from(String(value), 'base64').toString() : String(value),
      ),
    ]);
}

/** As a host: alone, or after `//`, `@` or `=`, and before a port, a path, a further label or the end. */
function namesHost(text: string, name: string): boolean {
  return new RegExp(`(^|//|@|=|,|\\s)${name}(\\.[a-z0-9.-]+)?(:\\d+|/|,|\\s|$)`, 'm').test(text);
}
