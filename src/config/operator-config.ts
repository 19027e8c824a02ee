import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Problem, RunError } from '../errors.ts';
import { checkDatabaseUrl } from './database-url.ts';
import { didYouMean } from './nearest.ts';
import { OperatorVariables } from './operator-variables.ts';
import { Secret } from './secret.ts';

const PodTemplate = z.strictObject({
  nodeSelector: z.record(z.string(), z.string()).optional(),
  tolerations: z.array(z.record(z.string(), z.unknown())).optional(),
});

/** What the operator decided, read once, frozen, passed as values. Secrets do not print. */
export interface Config {
  service: { host: string; port: number; publicUrl: string; dataDir: string; instance: string; logLevel: string };
  cluster: {
    /** `embedded` unless a context is named (DESIGN, rule 8). */
    kind: 'embedded' | 'context' | 'in-cluster';
    kubeconfigPath: string | null;
    context: string | null;
    podTemplate: { nodeSelector?: Record<string, string>; tolerations?: unknown[] } | null;
    /** Where the operator puts up Secrets for changes. */
    secretsNamespace: string;
    /** Under which hosts people reach environments. */
    preview: { domain: string; scheme: 'http' | 'https'; ingressClass: string | null } | null;
    /** Whether changes from forks run on a cluster of which it is not known that it enforces NetworkPolicies. */
    unfencedForks: 'refuse' | 'allow';
  };
  registry: {
    address: string | null;
    authPath: string | null;
    /** A Secret of a cluster that is not ours, which the nodes pull with. */
    pullSecret: { namespace: string; name: string } | null;
    buildProxy: string | null;
  };
  limits: {
    /** Kubernetes quantities, per environment. */
    maxCpu: string;
    maxMemory: string;
    maxEnvironments: number;
    maxTtlMs: number;
    retentionMs: number;
    allowedKinds: string[];
    /** `host:port`, `*` allowed in the host. */
    allowedEgress: string[];
    /** `host` or `host/path`, where images of changes from forks may come from; none: the registry in use. */
    allowedRegistries: string[];
  };
  dashboard: {
    /** Nobody but people of this machine reaches the service: it listens and is known on loopback alone. */
    isOpen: boolean;
    /** Lets its holder see all. */
    token: Secret | null;
    /** With which people sign in, as the forges know Greenroom. */
    clients: { github: OAuthClient | null; gitea: OAuthClient | null };
  };
  database: { url: Secret | null };
  s3: {
    endpoint: string | null;
    bucket: string;
    region: string;
    accessKeyId: string;
    secretAccessKey: Secret;
    sessionToken: Secret | null;
  } | null;
  /** These two also where no App is configured yet. */
  githubApiUrl: string;
  githubDeployments: boolean;
  github: {
    apiUrl: string;
    appId: string;
    /** PEM. */
    privateKey: Secret;
    webhookSecret: Secret;
    previousWebhookSecret: Secret | null;
    /** Whose repositories are served; empty: everybody's who has installed the App. */
    owners: string[];
    /** Whether environments are shown as deployments. */
    deployments: boolean;
  } | null;
  gitea: { url: string; token: Secret; webhookSecret: Secret; previousWebhookSecret: Secret | null } | null;
}

export interface OAuthClient {
  id: string;
  secret: Secret;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The operator's configuration from the environment; an empty variable counts as unset.
 * @throws RunError CONFIG_INVALID (fix-input) with every problem at once, each under its variable's name
 */
export function loadOperatorConfig(env: Env): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = OperatorVariables.safeParse(present);
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => variableProblem(issue, present)),
    ...slips(present),
    ...togetherProblems(present),
    ...readable('DATABASE_URL', present, checkDatabaseUrl),
    ...readable('GREENROOM_POD_TEMPLATE', present, readPodTemplate),
    ...readable('GREENROOM_GITHUB_PRIVATE_KEY', present, readPrivateKey),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new RunError('reading the configuration from the environment', {
      code: 'CONFIG_INVALID',
      remedy: 'fix-input',
      hint: 'Every variable is described in the README under "Configuration".',
      problems,
    });
  }
  return deepFreeze(assemble(parsed.data, present));
}

function assemble(variables: OperatorVariables, env: Env): Config {
  const context = variables.GREENROOM_KUBE_CONTEXT ?? null;
  const { GREENROOM_HOST: host, GREENROOM_PORT: port } = variables;
  return {
    service: {
      host,
      port,
      publicUrl: variables.GREENROOM_PUBLIC_URL ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      dataDir: resolve(variables.GREENROOM_DATA_DIR ?? join(stateHome(env), 'greenroom')),
      instance: variables.GREENROOM_INSTANCE ?? 'local',
      logLevel: variables.GREENROOM_LOG_LEVEL,
    },
    cluster: {
      kind: context === null ? 'embedded' : context === 'in-cluster' ? 'in-cluster' : 'context',
      kubeconfigPath: variables.KUBECONFIG ?? null,
      context,
      podTemplate: readPodTemplate(variables.GREENROOM_POD_TEMPLATE),
      secretsNamespace: variables.GREENROOM_SECRETS_NAMESPACE,
      preview: previewOf(variables),
      unfencedForks: variables.GREENROOM_UNFENCED_FORKS,
    },
    registry: {
      address: variables.GREENROOM_REGISTRY ?? null,
      authPath: variables.GREENROOM_REGISTRY_AUTH ?? null,
      pullSecret: pullSecretOf(variables),
      buildProxy: variables.GREENROOM_BUILD_PROXY ?? null,
    },
    limits: {
      maxCpu: variables.GREENROOM_MAX_CPU,
      maxMemory: variables.GREENROOM_MAX_MEMORY,
      maxEnvironments: variables.GREENROOM_MAX_ENVIRONMENTS,
      maxTtlMs: variables.GREENROOM_MAX_TTL,
      retentionMs: variables.GREENROOM_RETENTION,
      allowedKinds: variables.GREENROOM_ALLOWED_KINDS,
      allowedEgress: variables.GREENROOM_ALLOWED_EGRESS,
      allowedRegistries: variables.GREENROOM_ALLOWED_REGISTRIES,
    },
    dashboard: dashboardOf(variables),
    database: { url: variables.DATABASE_URL ?? null },
    s3: s3Of(variables),
    ...forgesOf(variables),
  };
}

function dashboardOf(variables: OperatorVariables): Config['dashboard'] {
  const { GREENROOM_HOST: host, GREENROOM_PUBLIC_URL: publicUrl } = variables;
  const { GREENROOM_GITHUB_CLIENT_ID: github, GREENROOM_GITHUB_CLIENT_SECRET: githubSecret } = variables;
  const { GREENROOM_GITEA_CLIENT_ID: gitea, GREENROOM_GITEA_CLIENT_SECRET: giteaSecret } = variables;
  const isKnownHereAlone = publicUrl === undefined || isLoopback(new URL(publicUrl).hostname);
  const token = variables.GREENROOM_DASHBOARD_TOKEN ?? null;
  return {
    isOpen: isLoopback(host) && isKnownHereAlone && token === null,
    token,
    clients: {
      github: github && githubSecret ? { id: github, secret: githubSecret } : null,
      gitea: gitea && giteaSecret ? { id: gitea, secret: giteaSecret } : null,
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.');
}

function previewOf(variables: OperatorVariables): Config['cluster']['preview'] {
  const { GREENROOM_PREVIEW_DOMAIN: text, GREENROOM_INGRESS_CLASS: ingressClass = null } = variables;
  if (text === undefined) return null;
  const domain = text.replace(/^https?:\/\//, '');
  return { domain, scheme: text.startsWith('http://') ? 'http' : 'https', ingressClass };
}

function pullSecretOf(variables: OperatorVariables): Config['registry']['pullSecret'] {
  const { GREENROOM_PULL_SECRET: text, GREENROOM_SECRETS_NAMESPACE: own } = variables;
  if (text === undefined) return null;
  const [name = '', namespace = own] = text.split('/').reverse();
  return { namespace, name };
}

function s3Of(variables: OperatorVariables): Config['s3'] {
  const { GREENROOM_S3_BUCKET: bucket, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secretAccessKey } = variables;
  if (bucket === undefined || id === undefined || secretAccessKey === undefined) return null;
  return {
    endpoint: variables.GREENROOM_S3_ENDPOINT ?? null,
    bucket,
    region: variables.AWS_REGION,
    accessKeyId: id,
    secretAccessKey,
    sessionToken: variables.AWS_SESSION_TOKEN ?? null,
  };
}

function forgesOf(
  variables: OperatorVariables,
): Pick<Config, 'githubApiUrl' | 'githubDeployments' | 'github' | 'gitea'> {
  const privateKey = readPrivateKey(variables.GREENROOM_GITHUB_PRIVATE_KEY?.reveal());
  const { GREENROOM_GITHUB_APP_ID: appId, GREENROOM_GITHUB_WEBHOOK_SECRET: webhookSecret } = variables;
  const { GREENROOM_GITEA_URL: url, GREENROOM_GITEA_TOKEN: token, GREENROOM_GITEA_WEBHOOK_SECRET: secret } = variables;
  const { GREENROOM_GITEA_WEBHOOK_SECRET_PREVIOUS: previousWebhookSecret = null } = variables;
  const deployments = variables.GREENROOM_GITHUB_DEPLOYMENTS === 'on';
  return {
    githubApiUrl: variables.GREENROOM_GITHUB_API_URL,
    githubDeployments: deployments,
    github:
      appId && privateKey && webhookSecret
        ? {
            apiUrl: variables.GREENROOM_GITHUB_API_URL,
            appId,
            privateKey,
            webhookSecret,
            previousWebhookSecret: variables.GREENROOM_GITHUB_WEBHOOK_SECRET_PREVIOUS ?? null,
            owners: variables.GREENROOM_GITHUB_OWNERS,
            deployments,
          }
        : null,
    gitea: url && token && secret ? { url, token, webhookSecret: secret, previousWebhookSecret } : null,
  };
}

/** Variables that are only of use together. */
function togetherProblems(env: Env): Problem[] {
  const groups = [
    ['GREENROOM_GITHUB_APP_ID', 'GREENROOM_GITHUB_PRIVATE_KEY', 'GREENROOM_GITHUB_WEBHOOK_SECRET'],
    ['GREENROOM_GITEA_URL', 'GREENROOM_GITEA_TOKEN', 'GREENROOM_GITEA_WEBHOOK_SECRET'],
    ['GREENROOM_GITHUB_CLIENT_ID', 'GREENROOM_GITHUB_CLIENT_SECRET'],
    ['GREENROOM_GITEA_CLIENT_ID', 'GREENROOM_GITEA_CLIENT_SECRET'],
  ];
  const problems = groups.flatMap((group) => {
    const set = group.filter((name) => env[name] !== undefined);
    if (set.length === 0) return [];
    return group
      .filter((name) => !set.includes(name))
      .map((file) => ({ file, message: `is not set, but ${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'}` }));
  });
  const needs: [string, string, string][] = [
    [
      'GREENROOM_KUBE_CONTEXT',
      'GREENROOM_INSTANCE',
      "name this installation, so that it never takes another's namespaces",
    ],
    ['GREENROOM_INGRESS_CLASS', 'GREENROOM_PREVIEW_DOMAIN', 'a class without a domain makes no Ingress'],
    ['GREENROOM_GITHUB_CLIENT_ID', 'GREENROOM_GITHUB_APP_ID', 'people sign in with the App'],
    ['GREENROOM_GITEA_CLIENT_ID', 'GREENROOM_GITEA_URL', 'people sign in with that Gitea'],
    ['GREENROOM_S3_ENDPOINT', 'GREENROOM_S3_BUCKET', 'an endpoint without a bucket holds nothing'],
    ['GREENROOM_S3_BUCKET', 'AWS_ACCESS_KEY_ID', 'a bucket needs keys to it'],
    ['GREENROOM_S3_BUCKET', 'AWS_SECRET_ACCESS_KEY', 'a bucket needs keys to it'],
    [
      'GREENROOM_GITHUB_WEBHOOK_SECRET_PREVIOUS',
      'GREENROOM_GITHUB_WEBHOOK_SECRET',
      'the previous secret needs its successor',
    ],
    [
      'GREENROOM_GITEA_WEBHOOK_SECRET_PREVIOUS',
      'GREENROOM_GITEA_WEBHOOK_SECRET',
      'the previous secret needs its successor',
    ],
  ];
  for (const [given, file, suggestion] of needs) {
    if (env[given] === undefined || env[file] !== undefined || problems.some((known) => known.file === file)) continue;
    problems.push({ file, message: `is required when ${given} is set`, suggestion } as Problem);
  }
  return problems;
}

/** A misspelt variable would silently be a default. */
function slips(env: Env): Problem[] {
  const known = Object.keys(OperatorVariables.shape).filter((name) => name.startsWith('GREENROOM_'));
  return Object.keys(env).flatMap((file) => {
    if (!file.startsWith('GREENROOM_') || known.includes(file)) return [];
    const suggestion = didYouMean(
      file.slice('GREENROOM_'.length),
      known.map((name) => name.slice('GREENROOM_'.length)),
    );
    if (suggestion === undefined) return [];
    return [{ file, message: 'is not a variable of Greenroom', suggestion: suggestion.replace('"', '"GREENROOM_') }];
  });
}

function variableProblem(issue: z.core.$ZodIssue, env: Env): Problem {
  const file = String(issue.path[0]);
  const value = (env[file] ?? '').replace(/\/\/[^/?#]*@/, '//***@');
  if (file === 'GREENROOM_PORT' && value.startsWith('tcp://')) {
    const suggestion = 'Kubernetes set it for a service named "greenroom": set enableServiceLinks: false in the pod';
    return { file, message: 'is a service link of Kubernetes, not a port', suggestion };
  }
  const quiet = /SECRET|TOKEN|KEY|DATABASE_URL/.test(file);
  return { file, message: quiet ? issue.message : `${issue.message}, got "${value.slice(0, 80)}"` };
}

function readable(file: string, env: Env, read: (text: string | undefined) => unknown): Problem[] {
  try {
    read(env[file]);
    return [];
  } catch (error) {
    return [{ file, message: error instanceof Error ? error.message : String(error) }];
  }
}

function readPodTemplate(text: string | undefined): Config['cluster']['podTemplate'] {
  if (text === undefined) return null;
  try {
    const { nodeSelector, tolerations } = PodTemplate.parse(parse(text, { maxAliasCount: 0 }));
    return { ...(nodeSelector ? { nodeSelector } : {}), ...(tolerations ? { tolerations } : {}) };
  } catch (cause) {
    const shape = '{"nodeSelector": {"pool": "previews"}, "tolerations": [...]}';
    throw new Error(`must be JSON or YAML such as ${shape}`, { cause });
  }
}

function readPrivateKey(text: string | undefined): Secret | null {
  if (text === undefined) return null;
  // One-line variables often carry the newlines of a PEM as "\n".
  if (text.includes('-----BEGIN')) return new Secret(text.replaceAll('\\n', '\n'));
  let pem: string;
  try {
    pem = readFileSync(text, 'utf8');
  } catch (cause) {
    throw new Error('is neither a PEM nor the path of a readable file', { cause });
  }
  if (!pem.includes('-----BEGIN')) throw new Error('names a file that holds no PEM');
  return new Secret(pem);
}

function stateHome(env: Env): string {
  return env.XDG_STATE_HOME ?? join(env.HOME ?? homedir(), '.local', 'state');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
