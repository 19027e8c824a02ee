import type { KubernetesObject } from '../../../infra/environment-spec.ts';
import { durationMs } from '../../config/duration.ts';
import type { ApplicationConfig, BeforeConfig, ServiceConfig } from '../../config/repository-config.ts';
import type { SourcedObject } from './sourced-object.ts';

const configFile = 'greenroom.yaml';
const defaultReadinessMs = 180_000;

/** PURE. `services` of greenroom.yaml as Kubernetes objects. Nothing in here is special: they pass the same gate as manifests. */
export function objectsOfServices(services: ServiceConfig[]): SourcedObject[] {
  return services.flatMap((service) => [deployment(service), ...serviceOf(service)]).map(written);
}

/** PURE. `before` of greenroom.yaml as Jobs, in order; it applies to every kind of source. */
export function objectsOfBefore(before: ApplicationConfig['before']): SourcedObject[] {
  return before.map(beforeJob).map(written);
}

function written(object: KubernetesObject): SourcedObject {
  return { object, file: configFile, lineAt: () => undefined };
}

function deployment(service: ServiceConfig): KubernetesObject {
  const readinessMs = service.readiness?.timeout ? durationMs(service.readiness.timeout) : defaultReadinessMs;
  const probe = readinessProbe(service);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: service.name, labels: labelsOf(service) },
    spec: {
      replicas: service.replicas,
      progressDeadlineSeconds: Math.max(10, Math.ceil(readinessMs / 1000)),
      selector: { matchLabels: labelsOf(service) },
      template: {
        metadata: { labels: labelsOf(service) },
        spec: {
          containers: [
            {
              ...container(service),
              ...(service.port === undefined ? {} : { ports: [{ containerPort: service.port }] }),
              ...(probe ? { readinessProbe: probe } : {}),
            },
          ],
        },
      },
    },
  };
}

/** A web service is reached on its own port and, as `http://api`, on 80. */
function serviceOf(service: ServiceConfig): KubernetesObject[] {
  if (service.port === undefined) return [];
  const own = { name: 'main', port: service.port, targetPort: service.port };
  const isWeb = service.readiness !== undefined && service.port !== 80;
  const ports = isWeb ? [own, { name: 'http', port: 80, targetPort: service.port }] : [own];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: service.name, labels: labelsOf(service) },
      spec: { selector: labelsOf(service), ports },
    },
  ];
}

/** Every second, not every ten: nobody should wait for a probe. Without a path an open port has to do. */
function readinessProbe({ readiness, port }: ServiceConfig): object | null {
  const probed = readiness?.port ?? port;
  if (probed === undefined) return null;
  const how = readiness ? { httpGet: { path: readiness.path, port: probed } } : { tcpSocket: { port: probed } };
  return { ...how, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 3 };
}

function beforeJob(job: BeforeConfig): KubernetesObject {
  const labels = { 'app.kubernetes.io/name': job.name };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: job.name, labels },
    spec: {
      // One more try: a server that accepts connections may refuse the first of them.
      backoffLimit: 1,
      activeDeadlineSeconds: Math.max(1, Math.ceil(durationMs(job.timeout) / 1000)),
      template: { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [container(job)] } },
    },
  };
}

function container(source: ServiceConfig | BeforeConfig): object {
  const { name, image, command, args, env, secrets, resources } = source;
  const memory = resources?.memory;
  const requests = { ...(resources?.cpu ? { cpu: resources.cpu } : {}), ...(memory ? { memory } : {}) };
  return {
    name,
    image,
    ...(command ? { command } : {}),
    ...(args ? { args } : {}),
    env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
    envFrom: secrets.map((secret) => ({ secretRef: { name: secret } })),
    ...(resources ? { resources: { requests, ...(memory ? { limits: { memory } } : {}) } } : {}),
  };
}

function labelsOf(service: ServiceConfig): Record<string, string> {
  return { 'app.kubernetes.io/name': service.name };
}
