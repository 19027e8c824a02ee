import { z } from 'zod';
import { durationMs } from './duration.ts';
import { Secret } from './secret.ts';

const text = z.string().trim().min(1);
const duration = text
  .regex(/^\d+(ms|s|m|h)$/, 'must be a duration such as "30m" or "8h"')
  .transform((value) => durationMs(value));
const quantity = text.regex(
  /^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi)?$/,
  'must be a Kubernetes quantity such as "8", "500m" or "16Gi"',
);
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).transform(withoutSlash);
/** Changes see it, in their builds and suites: what it says must be no secret. */
const openUrl = url.refine((value) => !/\/\/[^/?#]*@/.test(value), {
  error: 'must carry no user and no password: changes can read it. Let the proxy know the cluster by its address',
});
const secret = z.string().min(1).transform(asSecret);
const instance = text.regex(/^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/, 'must be a DNS label of at most 32 characters');
const dnsLabel = text.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label of at most 63 characters');
const bucket = text.regex(/^[a-zA-Z0-9][-a-zA-Z0-9._]{1,254}$/, 'must be the name of a bucket, without a path');
const dnsName = text.regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a DNS name');
const secretName = text.regex(
  /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
  'must be "namespace/name" of a Secret, or the name of one in GREENROOM_SECRETS_NAMESPACE',
);
// Room for an environment's name and a dot before it, in a name of 253.
const previewDomain = text.regex(
  /^(https?:\/\/)?[a-z0-9]([-a-z0-9.]{0,200}[a-z0-9])?$/,
  'must be a domain such as "preview.example.com", after "http://" where there is no TLS',
);
const registry = text.regex(
  /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9._/-]+)?$/,
  'must be "host:port" or "host/path", without a scheme',
);

function list(item: z.ZodString) {
  return text
    .transform((value) => value.split(',').map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ''))
    .pipe(z.array(item));
}

/** Every variable that Greenroom reads, once (DESIGN, "Operator's configuration"). Defaults stand here; units in names come later. */
export const OperatorVariables = z.object({
  GREENROOM_PORT: z.coerce
    .number({ error: 'must be a port number' })
    .int('must be a port number')
    .min(0)
    .max(65_535)
    .default(8787),
  GREENROOM_HOST: text.default('127.0.0.1'),
  GREENROOM_PUBLIC_URL: url.optional(),
  GREENROOM_DASHBOARD_TOKEN: z
    .string()
    .trim()
    .min(20, 'must have at least 20 characters: openssl rand -hex 32 makes one')
    .transform(asSecret)
    .optional(),
  GREENROOM_DATA_DIR: text.optional(),
  GREENROOM_INSTANCE: instance.optional(),
  GREENROOM_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be one of trace, debug, info, warn, error, fatal, silent',
    })
    .default('info'),
  KUBECONFIG: text.optional(),
  GREENROOM_KUBE_CONTEXT: text.optional(),
  GREENROOM_POD_TEMPLATE: text.optional(),
  GREENROOM_SECRETS_NAMESPACE: dnsLabel.default('greenroom-secrets'),
  GREENROOM_PREVIEW_DOMAIN: previewDomain.optional(),
  GREENROOM_INGRESS_CLASS: dnsName.optional(),
  GREENROOM_REGISTRY: registry.optional(),
  GREENROOM_REGISTRY_AUTH: text.optional(),
  GREENROOM_PULL_SECRET: secretName.optional(),
  GREENROOM_BUILD_PROXY: openUrl.optional(),
  GREENROOM_MAX_CPU: quantity.default('8'),
  GREENROOM_MAX_MEMORY: quantity.default('16Gi'),
  GREENROOM_MAX_ENVIRONMENTS: z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(1)
    .max(1000)
    .default(4),
  GREENROOM_MAX_TTL: duration.default(durationMs('8h')),
  GREENROOM_RETENTION: duration.default(durationMs('720h')),
  GREENROOM_ALLOWED_KINDS: list(
    z.string().regex(/^([a-z0-9.-]+\/)*[A-Z][A-Za-z]*$/, 'must be kinds such as "Ingress", separated by commas'),
  ).default([]),
  GREENROOM_ALLOWED_EGRESS: list(
    z.string().regex(/^[a-z0-9.*-]+:\d{1,5}$/i, 'must be "host:port" pairs, separated by commas'),
  ).default([]),
  GREENROOM_ALLOWED_REGISTRIES: list(
    z
      .string()
      .regex(
        /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9._/-]*[a-z0-9])?$/i,
        'must be registries such as "registry.example.com" or "ghcr.io/acme", separated by commas',
      ),
  ).default([]),
  GREENROOM_UNFENCED_FORKS: z.enum(['refuse', 'allow'], { error: 'must be "refuse" or "allow"' }).default('refuse'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'must begin with "postgres://" or "postgresql://"')
    .transform(asSecret)
    .optional(),
  GREENROOM_S3_ENDPOINT: url.optional(),
  GREENROOM_S3_BUCKET: bucket.optional(),
  AWS_REGION: text.default('us-east-1'),
  AWS_ACCESS_KEY_ID: text.optional(),
  AWS_SECRET_ACCESS_KEY: secret.optional(),
  AWS_SESSION_TOKEN: secret.optional(),
  GREENROOM_GITHUB_API_URL: url.default('https://api.github.com'),
  GREENROOM_GITHUB_APP_ID: text.regex(/^\d+$/, 'must be the number of a GitHub App').optional(),
  GREENROOM_GITHUB_PRIVATE_KEY: secret.optional(),
  GREENROOM_GITHUB_WEBHOOK_SECRET: secret.optional(),
  GREENROOM_GITHUB_WEBHOOK_SECRET_PREVIOUS: secret.optional(),
  GREENROOM_GITHUB_OWNERS: list(
    z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/, 'must be names of owners, separated by commas'),
  ).default([]),
  GREENROOM_GITHUB_DEPLOYMENTS: z.enum(['on', 'off'], { error: 'must be "on" or "off"' }).default('off'),
  GREENROOM_GITHUB_CLIENT_ID: text.optional(),
  GREENROOM_GITHUB_CLIENT_SECRET: secret.optional(),
  GREENROOM_GITEA_URL: url.optional(),
  GREENROOM_GITEA_TOKEN: secret.optional(),
  GREENROOM_GITEA_WEBHOOK_SECRET: secret.optional(),
  GREENROOM_GITEA_WEBHOOK_SECRET_PREVIOUS: secret.optional(),
  GREENROOM_GITEA_CLIENT_ID: text.optional(),
  GREENROOM_GITEA_CLIENT_SECRET: secret.optional(),
});
export type OperatorVariables = z.infer<typeof OperatorVariables>;

function asSecret(value: string): Secret {
  return new Secret(value);
}

function withoutSlash(value: string): string {
  return value.replace(/\/+$/, '');
}
