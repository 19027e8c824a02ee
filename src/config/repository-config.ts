import { z } from 'zod';

/** Types of `greenroom.yaml`, version 1 (DESIGN). Strict: an unknown key is an error with a suggestion (`read-repository-config.ts`). */
const dnsLabel = z
  .string()
  .regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label: lowercase letters, digits and "-", at most 63');
const duration = z.string().regex(/^\d+(ms|s|m|h)$/, 'must be a duration such as "30s", "10m" or "2h"');
const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi)?$/, 'must be a Kubernetes quantity such as "250m" or "256Mi"');
/** A path inside the repository: relative, without `..`. */
const insidePath = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && !path.split(/[/\\]/).includes('..') && !path.includes('\0'), {
    message: 'must be a path inside the repository, without ".." and without a leading "/"',
  });
const port = z.int().min(1).max(65_535);
const environmentVariables = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(8192));
const resources = z.strictObject({ cpu: quantity.optional(), memory: quantity.optional() });

export const ServiceConfig = z.strictObject({
  name: dnsLabel,
  image: z.string().min(1),
  port: port.optional(),
  replicas: z.int().min(1).max(20).default(1),
  readiness: z
    .strictObject({ path: z.string().startsWith('/'), port: port.optional(), timeout: duration.optional() })
    .optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: environmentVariables.default({}),
  secrets: z.array(dnsLabel).default([]),
  resources: resources.optional(),
});
export type ServiceConfig = z.infer<typeof ServiceConfig>;

export const ImageConfig = z.discriminatedUnion('from', [
  z.strictObject({
    name: z.string().min(1),
    from: z.literal('wait'),
    tag: z.string().default('${sha}'),
    timeout: duration.default('10m'),
  }),
  z.strictObject({
    name: z.string().min(1),
    from: z.literal('build'),
    context: insidePath.default('.'),
    dockerfile: insidePath.default('Dockerfile'),
    timeout: duration.default('10m'),
  }),
]);
export type ImageConfig = z.infer<typeof ImageConfig>;

export const BeforeConfig = z.strictObject({
  name: dnsLabel,
  image: z.string().min(1),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: environmentVariables.default({}),
  secrets: z.array(dnsLabel).default([]),
  resources: resources.optional(),
  timeout: duration.default('5m'),
});
export type BeforeConfig = z.infer<typeof BeforeConfig>;

export const SuiteConfig = z.strictObject({
  name: dnsLabel,
  kind: z.enum(['smoke', 'e2e', 'load']),
  path: insidePath,
  required: z.boolean().default(true),
  timeout: duration.default('10m'),
  retries: z.int().min(0).max(5).default(0),
  shards: z.int().min(1).max(20).default(1),
  env: environmentVariables.default({}),
  disturbs: z.array(z.enum(['load', 'faults'])).default([]),
  image: z.string().optional(),
  resources: resources.optional(),
});
export type SuiteConfig = z.infer<typeof SuiteConfig>;

/** Exactly one of `services`, `manifests`, `kustomize`, `helm` (checked by the reader; the last two follow later). */
export const ApplicationConfig = z.strictObject({
  entry: z.strictObject({ service: dnsLabel, port }),
  services: z.array(ServiceConfig).min(1).max(50).optional(),
  manifests: insidePath.optional(),
  kustomize: insidePath.optional(),
  helm: z.strictObject({ chart: insidePath, values: z.array(insidePath).default([]) }).optional(),
  images: z.array(ImageConfig).default([]),
  before: z.array(BeforeConfig).default([]),
  egress: z.array(z.string().regex(/^[a-z0-9.*-]+:\d{1,5}$/i, 'must be "host:port"')).default([]),
});
export type ApplicationConfig = z.infer<typeof ApplicationConfig>;

export const RepositoryConfig = z.strictObject({
  version: z.literal(1),
  application: ApplicationConfig,
  /** None: the starter suites of `scenarios/`. */
  suites: z.array(SuiteConfig).max(20).default([]),
  triggers: z
    .strictObject({
      branches: z.array(z.string()).optional(),
      'paths-ignore': z.array(z.string()).default([]),
      drafts: z.enum(['skip', 'run']).default('skip'),
    })
    .default({ 'paths-ignore': [], drafts: 'skip' }),
  limits: z
    .strictObject({
      cpu: quantity.default('4'),
      memory: quantity.default('4Gi'),
      timeout: duration.default('30m'),
      ttl: duration.default('2h'),
    })
    .default({ cpu: '4', memory: '4Gi', timeout: '30m', ttl: '2h' }),
});
export type RepositoryConfig = z.infer<typeof RepositoryConfig>;
