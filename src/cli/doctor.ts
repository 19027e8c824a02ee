import { statfs } from 'node:fs/promises';
import { clusterStatus } from '../cluster/cluster-status.ts';
import type { Config } from '../config/operator-config.ts';
import { explain, RunError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { createGiteaForge } from '../forge/gitea/gitea-forge.ts';
import type { Host } from '../host.ts';
import { type PullSecretName, readPullSecret } from '../image/read-pull-secret.ts';
import { registryAnswers } from '../image/registry-answers.ts';
import { clusterAnswers } from '../kubernetes/cluster-answers.ts';
import { missingRights } from '../kubernetes/missing-rights.ts';
import { silentLog } from '../log.ts';
import { missingDebianPackages } from '../toolchain/debian.ts';
import { defaultCacheDir } from '../toolchain/ensure-tools.ts';
import { findPresentTools } from '../toolchain/present-tools.ts';
import type { ToolName } from '../toolchain/tools.ts';
import type { CommandInput } from './command.ts';
import { gitHubFindings } from './doctor-github.ts';
import { policies } from './doctor-policies.ts';
import { loadConfig } from './load-config.ts';
import { checkArtifacts } from './open-artifacts.ts';
import { namedRegistry, openNamedCluster, packagesFor, toolsFor } from './open-machine.ts';

export interface Finding {
  what: string;
  ok: boolean;
  detail: string;
  /** What to do, when it is not ok. */
  remedy?: string;
}

export async function runDoctor(input: CommandInput): Promise<number> {
  const { host, flags } = input;
  const config = loadConfig(input);
  const named = config.cluster.kind === 'embedded' ? null : config.registry.pullSecret;
  const { gitea: giteaConfig } = config;
  const looks = [
    () => packages(config),
    () => tools(host, config),
    () => disk(config),
    () => cluster(config),
    ...(config.cluster.kind === 'embedded'
      ? []
      : [() => rights(config, host.shutdown), () => registry(config, host.shutdown), () => policies(host, config)]),
    () => dashboard(config),
    ...(config.s3 === null ? [] : [() => bucket(config, host.shutdown)]),
    ...(named === null ? [] : [() => pullSecret(config, named, host.shutdown)]),
    ...(config.github === null && giteaConfig !== null ? [] : [() => gitHubFindings(config, host.shutdown)]),
    ...(giteaConfig === null ? [] : [() => gitea(giteaConfig, host.shutdown)]),
  ];
  const findings: Finding[] = [];
  for (const look of looks) {
    const found = [await look().catch(brokenLook)].flat();
    findings.push(...found);
    if (flags.json !== true) for (const finding of found) host.stdout.write(lineOf(finding));
  }
  if (flags.json === true) host.stdout.write(`${JSON.stringify(findings)}\n`);
  return findings.every((finding) => finding.ok) ? exitCodes.passed : exitCodes.couldNotTest;
}

function brokenLook(error: unknown): Finding {
  return {
    what: 'a look that broke',
    ok: false,
    detail: explain(error),
    ...(error instanceof RunError && error.hint ? { remedy: error.hint } : {}),
  };
}

function lineOf({ what, ok, detail, remedy }: Finding): string {
  const line = `${ok ? 'ok     ' : 'missing'}  ${what.padEnd(16)} ${detail}\n`;
  return ok || !remedy ? line : `${line}${' '.repeat(26)}${remedy}\n`;
}

async function packages({ cluster }: Config): Promise<Finding> {
  const missing = await missingDebianPackages(packagesFor(cluster.kind));
  const names = missing.map((candidate) => candidate.name).join(' ');
  if (missing.length === 0) return { what: 'packages', ok: true, detail: 'all Debian packages are there' };
  const remedy = `apt-get install --no-install-recommends ${names}   ("greenroom demo" does it for you)`;
  return { what: 'packages', ok: false, detail: names, remedy };
}

async function tools(host: Host, config: Config): Promise<Finding> {
  const wanted: readonly ToolName[] = toolsFor(config.cluster.kind);
  const present = await findPresentTools({
    cacheDir: defaultCacheDir(host.env),
    path: host.env.PATH ?? '',
    env: host.env,
    signal: host.shutdown,
  });
  const missing = present.missing.filter((name) => wanted.includes(name));
  if (missing.length === 0) return { what: 'tools', ok: true, detail: `${wanted.length} tools are built or on PATH` };
  const remedy = 'They are built on first use (about 20 minutes on 2 cores, once), by whatever needs them.';
  return { what: 'tools', ok: false, detail: missing.join(' '), remedy };
}

async function disk({ service }: Config): Promise<Finding> {
  const place = await statfs(service.dataDir).catch(() => statfs('/'));
  const freeGiB = (place.bavail * place.bsize) / 1024 ** 3;
  const detail = `${freeGiB.toFixed(1)} GiB free for ${service.dataDir}`;
  return {
    what: 'disk',
    ok: freeGiB >= 5,
    detail,
    remedy: 'Free some room, or set GREENROOM_DATA_DIR to a larger disk.',
  };
}

async function cluster(config: Config): Promise<Finding> {
  if (config.cluster.kind !== 'embedded') {
    const { ok, detail } = await clusterAnswers(openNamedCluster(config));
    return { what: 'cluster', ok, detail, remedy: 'Check KUBECONFIG and the context; kubectl must reach it as well.' };
  }
  const status = await clusterStatus({ dataDir: config.service.dataDir });
  const ok = status.running && status.nodeReady;
  return {
    what: 'cluster',
    ok,
    detail: ok ? 'embedded, node ready' : 'embedded, down',
    remedy: 'greenroom cluster up',
  };
}

async function rights(config: Config, signal: AbortSignal): Promise<Finding> {
  const missing = await missingRights(openNamedCluster(config), signal);
  if (missing.length === 0) return { what: 'rights', ok: true, detail: "all that Greenroom's user needs" };
  return { what: 'rights', ok: false, detail: missing.join(', '), remedy: 'docs/rbac.yaml has the rights to give.' };
}

async function registry(config: Config, signal: AbortSignal): Promise<Finding> {
  const { ok, detail, hint } = await registryAnswers(namedRegistry(config), signal);
  return { what: 'registry', ok, detail, ...(hint === undefined ? {} : { remedy: hint }) };
}

async function bucket(config: Config, signal: AbortSignal): Promise<Finding> {
  const name = config.s3?.bucket ?? '';
  try {
    await checkArtifacts(config, signal);
    return { what: 'bucket', ok: true, detail: `"${name}" can be written, read, listed and deleted from` };
  } catch (error) {
    const remedy = error instanceof RunError ? error.hint : undefined;
    return { what: 'bucket', ok: false, detail: explain(error), ...(remedy === undefined ? {} : { remedy }) };
  }
}

async function pullSecret(config: Config, named: PullSecretName, signal: AbortSignal): Promise<Finding> {
  const what = 'pull secret';
  try {
    const { registries } = await readPullSecret(openNamedCluster(config), named, signal);
    return { what, ok: true, detail: `${named.namespace}/${named.name}, for ${registries.join(', ')}` };
  } catch (error) {
    const remedy = error instanceof RunError && error.hint ? { remedy: error.hint } : {};
    return { what, ok: false, detail: explain(error), ...remedy };
  }
}

/** Nobody is kept out by mistake, nor let in. */
async function dashboard({ dashboard: { isOpen, token, clients }, service }: Config): Promise<Finding> {
  const what = 'dashboard';
  if (isOpen) return { what, ok: true, detail: 'shows every run to people of this machine' };
  const ways = [
    ...(clients.github === null ? [] : ['sign in with GitHub']),
    ...(clients.gitea === null ? [] : ['sign in with Gitea']),
    ...(token === null ? [] : ['have the token']),
  ];
  const unsafe = service.publicUrl.startsWith('http:') && ways.length > 0;
  const detail = `private repositories' runs are for people who ${ways.join(' or ')}`;
  if (unsafe) {
    const remedy = 'Put TLS before it, and https:// into GREENROOM_PUBLIC_URL.';
    return {
      what,
      ok: true,
      detail: `${detail}; ${service.publicUrl} sends what they sign in with in the clear`,
      remedy,
    };
  }
  if (ways.length > 0) return { what, ok: true, detail };
  return {
    what,
    ok: true,
    detail:
      'shows runs of public repositories alone; GREENROOM_GITHUB_CLIENT_ID and _CLIENT_SECRET, or GREENROOM_DASHBOARD_TOKEN, let people in',
  };
}

async function gitea({ url, token }: NonNullable<Config['gitea']>, signal: AbortSignal): Promise<Finding> {
  const forge = createGiteaForge({ url, token: token.reveal(), log: silentLog() });
  const remedy = "Check GREENROOM_GITEA_URL and _TOKEN, and that the token's user administers a repository.";
  try {
    const repositories = await forge.listRepositories(signal);
    const detail = `the user at ${url} administers ${repositories.length} repositories`;
    return { what: 'gitea', ok: repositories.length > 0, detail, remedy };
  } catch (error) {
    return { what: 'gitea', ok: false, detail: explain(error), remedy };
  }
}
