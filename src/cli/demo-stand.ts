import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadOperatorConfig } from '../config/operator-config.ts';
import type { GitHubStandIn } from '../forge/github-stand-in/start-github-stand-in.ts';
import type { Host } from '../host.ts';
import { createLog } from '../log.ts';
import { knownSecretsOf } from './known-secrets-of.ts';
import type { Machine } from './open-machine.ts';
import { type OpenService, openService } from './open-service.ts';

export interface DemoStandOptions {
  host: Host;
  /** The operator's: its data folder gets a subfolder `demo`. */
  config: Config;
  machine: Machine;
  onProgress: (line: string) => void;
}

/** A whole Greenroom and the GitHub that it serves, on loopback. */
export interface DemoStand {
  service: OpenService;
  github: GitHubStandIn;
  close(): Promise<void>;
}

/** Starts GitHub's stand-in and a Greenroom that is installed on it. */
export async function openDemoStand({ host, config, machine, onProgress }: DemoStandOptions): Promise<DemoStand> {
  const scratch = await mkdtemp(join(tmpdir(), 'greenroom-demo-'));
  // Only the demo and the tests need it; it loads GitHub's whole published description.
  const { startGitHubStandIn } = await import('../forge/github-stand-in/start-github-stand-in.ts');
  const github = await startGitHubStandIn({ dataDir: scratch, users: { ada: 'write', mallory: 'none' } });
  const closeGitHub = async () => {
    await github.close();
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    const ours = await demoConfig(host, config, github);
    const secrets = knownSecretsOf(ours);
    const log = createLog('error', host.stderr, (line) => secrets.redact(line));
    const service = await openService({
      host,
      config: ours,
      machine,
      log,
      secrets,
      onProgress,
    });
    github.setWebhookUrl(`${service.url}/webhooks/github`);
    return {
      service,
      github,
      async close() {
        await service.close();
        await closeGitHub();
      },
    };
  } catch (error) {
    await closeGitHub();
    throw error;
  }
}

/** An installation of its own: it never mixes with what this machine's Greenroom knows. */
async function demoConfig(host: Host, config: Config, github: GitHubStandIn): Promise<Config> {
  const port = await freePort();
  return loadOperatorConfig({
    ...host.env,
    ...(config.cluster.context === null ? {} : { GREENROOM_KUBE_CONTEXT: config.cluster.context }),
    GREENROOM_DATA_DIR: join(config.service.dataDir, 'demo'),
    GREENROOM_INSTANCE: `${config.service.instance}-demo`,
    GREENROOM_HOST: '127.0.0.1',
    GREENROOM_PORT: String(port),
    GREENROOM_PUBLIC_URL: `http://127.0.0.1:${port}`,
    GREENROOM_GITHUB_API_URL: github.apiUrl,
    GREENROOM_GITHUB_APP_ID: github.appId,
    GREENROOM_GITHUB_PRIVATE_KEY: github.privateKey,
    GREENROOM_GITHUB_WEBHOOK_SECRET: github.webhookSecret,
  });
}

/** Known before anything is written: links in checks need it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
