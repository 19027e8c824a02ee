import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Ended, greenroom, type ProcessOptions } from './greenroom-process.ts';

const execute = promisify(execFile);
const asRoot = userInfo().uid === 0;
/** May read whatever root may (this checkout may lie in its home), and is somebody else. */
const reads = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...reads];
let scratch: string;
let folders = 0;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'greenroom-input-test-'));
  await chmod(scratch, 0o755);
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

describe('words that are no command or flag', () => {
  test.each([
    ['a command that is not there', ['serv'], 'unknown command "serv"; did you mean "serve"?'],
    ['a flag that is not there', ['run', '--jsn'], 'unknown flag "--jsn"; did you mean "--json"?'],
    ['a flag without its value', ['run', '--suite'], "Option '--suite <value>' argument missing"],
    ['a time that is none', ['run', '--keep', 'long'], 'reading --keep "long"'],
    ['a verb that is not there', ['cluster', 'upp'], 'Say "greenroom cluster up", "down" or "status".'],
    [
      'a break that is not there',
      ['demo', '--break', 'slow-serch'],
      'Did you mean "slow-search"? Known: broken-checkout',
    ],
    ['a run without a name', ['teardown'], 'Name a run by its id, or a change as OWNER/REPO#N.'],
    ['a folder that is not there', ['run', '/nowhere'], 'opening the folder "/nowhere"'],
  ])('%s is named, with what to say instead', async (_, words, said) => {
    const ended = await greenroom(words, { env: { GREENROOM_DATA_DIR: join(scratch, 'words') } });

    refused(ended, said);
  });

  test('all variables that are wrong are named at once', async () => {
    const env = { GREENROOM_PORT: 'many', GREENROOM_LOG_LEVL: 'info', GREENROOM_GITHUB_APP_ID: '7' };
    const ended = await greenroom(['serve'], { env });

    refused(ended, 'GREENROOM_PORT: must be a port number, got "many"');
    expect(ended.stderr).toContain(
      'GREENROOM_LOG_LEVL: is not a variable of Greenroom (did you mean "GREENROOM_LOG_LEVEL"?)',
    );
    expect(ended.stderr).toContain('GREENROOM_GITHUB_WEBHOOK_SECRET: is not set, but GREENROOM_GITHUB_APP_ID is');
  });
});

const good = `version: 1
application:
  entry: { service: web, port: 8080 }
  services:
    - { name: web, image: shop/web, port: 8080 }
`;
const fromManifests = `version: 1
application:
  entry: { service: web, port: 8080 }
  manifests: k8s
`;

describe('a working tree whose files cannot be used is told so before any cluster is looked for', () => {
  test('without a greenroom.yaml', async () => {
    const ended = await runTree({ 'README.md': '# Shop\n' });

    refused(ended, 'there is no greenroom.yaml', '"greenroom init" writes one.');
  });

  test('with one that is no YAML', async () => {
    const ended = await runTree({ 'greenroom.yaml': 'version: 1\napplication: [a, b\n' });

    refused(ended, '[CONFIG_INVALID]');
    expect(ended.stderr).toMatch(/^ {2}greenroom\.yaml:\d+:\d+: /m);
  });

  test('with unknown keys, a climbing path, a bad name and an entry that is not there: all at once, each with its line', async () => {
    const ended = await runTree({
      'greenroom.yaml': `version: 1
application:
  entry: { service: wbe, port: 8080 }
  servces: []
  services:
    - { name: web, image: shop/web, port: 8080 }
    - { name: Bad_Name, image: shop/api }
suites:
  - { name: smoke, kind: smoke, path: ../../etc/passwd }
`,
    });

    refused(ended, '[CONFIG_INVALID]');
    expect(ended.stderr).toMatch(/greenroom\.yaml:3:\d+: no service is named "wbe" \(did you mean "web"\?\)/);
    expect(ended.stderr).toMatch(/greenroom\.yaml:4:\d+: unknown key "servces" \(did you mean "services"\?\)/);
    expect(ended.stderr).toMatch(/greenroom\.yaml:7:\d+: .*DNS label/);
    expect(ended.stderr).toMatch(/greenroom\.yaml:9:\d+: .*inside the repository/);
  });

  test('with aliases that multiply', async () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const before = level === 0 ? '[x, x]' : `[${`*a${level - 1}, `.repeat(9)}*a${level - 1}]`;
      return `a${level}: &a${level} ${before}`;
    });
    const ended = await runTree({ 'greenroom.yaml': `${good}${levels.join('\n')}\n` });

    refused(ended, 'uses more than 50 aliases');
  });

  test('with a suite asked for that it does not have', async () => {
    const ended = await runTree({ 'greenroom.yaml': good }, ['--suite', 'shoping']);

    refused(ended, 'no suite is named "shoping"', 'Suites here: ');
  });

  test('with manifests that a change may not bring: all of them, each with file, line and what to do', async () => {
    const ended = await runTree({
      'greenroom.yaml': fromManifests,
      'k8s/role.yaml': 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: all }\n',
      'k8s/web.yaml': `apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  ports: [{ port: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: kube-system }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      hostNetwork: true
      containers: [{ name: web, image: shop/web }]
`,
    });

    refused(ended, '[APPLICATION_INVALID]');
    expect(ended.stderr).toMatch(/k8s\/role\.yaml:\d+.*ClusterRole.*\(pods have no rights in the cluster\)/);
    expect(ended.stderr).toMatch(/k8s\/web\.yaml:5.*NodePort/);
    expect(ended.stderr).toMatch(/k8s\/web\.yaml:10.*kube-system/);
    expect(ended.stderr).toMatch(/k8s\/web\.yaml:16.*hostNetwork/);
  });

  test('with a link to a file outside of it, which is never read', async () => {
    const ended = await runTree({ 'greenroom.yaml': fromManifests }, [], async (tree) => {
      await execute('ln', ['-s', '/etc', join(tree, 'k8s')]);
    });

    refused(ended, 'application.manifests names "k8s", which does not exist');
  });
});

describe('a machine or cluster that is not as it must be', () => {
  test('a cluster that nobody answers for is could-not-test, and named with its address', async () => {
    const kubeconfig = join(scratch, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf(await closedPort()));
    const words = ['run', await treeOf({ 'greenroom.yaml': good }), '--context', 'gone', '--json'];
    const ended = await greenroom(words, {
      env: {
        KUBECONFIG: kubeconfig,
        GREENROOM_INSTANCE: 'input',
        GREENROOM_REGISTRY: 'registry.invalid',
        GREENROOM_DATA_DIR: join(scratch, 'unreachable'),
      },
    });

    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain('asking the cluster "gone"');
    expect(ended.stderr).toMatch(/Is https:\/\/127\.0\.0\.1:\d+ up and reachable from here\?/);
    expect(ended.stderr).toContain('[CLUSTER_UNREACHABLE]');
  });

  test('a context that the kubeconfig does not have is named, with those that it has', async () => {
    const kubeconfig = join(scratch, 'kubeconfig-contexts');
    await writeFile(kubeconfig, kubeconfigOf(1));
    const ended = await greenroom(['sweep', '--context', 'goen'], {
      env: {
        KUBECONFIG: kubeconfig,
        GREENROOM_INSTANCE: 'input',
        GREENROOM_REGISTRY: 'registry.invalid',
        GREENROOM_DATA_DIR: join(scratch, 'contexts'),
      },
    });

    refused(ended, 'choosing the context "goen"', 'Known contexts: gone.');
  });

  test('a port that somebody holds is named before any cluster is started', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const port = portOf(holder);
    const ended = await greenroom(['serve'], {
      env: { GREENROOM_PORT: String(port), GREENROOM_DATA_DIR: join(scratch, 'port') },
    });
    holder.close();

    refused(ended, `listening on 127.0.0.1:${port}, which another process holds`, 'GREENROOM_PORT');
    expect(ended.stderr).toContain('[PORT_IN_USE]');
  });

  test.runIf(asRoot)('without root the embedded cluster is refused, with the two ways out', async () => {
    const dataDir = join(scratch, 'no-root');
    const ended = await greenroom(['run', await treeOf({ 'greenroom.yaml': good })], {
      through: nobody,
      env: { HOME: dataDir, GREENROOM_DATA_DIR: dataDir },
    });

    refused(ended, '[CLUSTER_NEEDS_ROOT]', 'Run it as root (sudo), or name another cluster with --context.');
  });

  test.runIf(asRoot)('without Chromium its Debian package is named, with the command that installs it', async () => {
    const dataDir = join(scratch, 'no-chromium');
    await mkdir(dataDir);
    await chmod(dataDir, 0o777);
    const kubeconfig = join(scratch, 'kubeconfig-chromium');
    await writeFile(kubeconfig, kubeconfigOf(1));
    const run = ['run', await treeOf({ 'greenroom.yaml': good }), '--context', 'gone'];
    const env = {
      HOME: dataDir,
      KUBECONFIG: kubeconfig,
      GREENROOM_INSTANCE: 'input',
      GREENROOM_REGISTRY: 'registry.invalid',
      GREENROOM_DATA_DIR: dataDir,
    };
    const refusal = await greenroom(run, { through: [...withoutChromium, ...nobody], env });
    const doctor = await greenroom(['doctor'], { through: withoutChromium, env });

    refused(refusal, '[MACHINE_INCOMPLETE]', 'sudo apt-get install --no-install-recommends chromium');
    expect(doctor.stdout).toMatch(/missing {2}packages +chromium\n +apt-get install .*chromium/);
    expect(doctor.code).toBe(3);
  });

  test.runIf(asRoot)('a disk that is full is named, with what must be free', async () => {
    const dataDir = join(scratch, 'full');
    await mkdir(dataDir);
    const tree = await treeOf({ 'greenroom.yaml': good });
    const kubeconfig = join(scratch, 'kubeconfig-full');
    await writeFile(kubeconfig, kubeconfigOf(1));
    const env = { KUBECONFIG: kubeconfig, GREENROOM_INSTANCE: 'input', GREENROOM_REGISTRY: 'registry.invalid' };
    const through = inMountNamespace('mount -t tmpfs -o size=1m greenroom-full "$1"', dataDir);
    const embedded = await greenroom(['run', tree, '--data-dir', dataDir], { through });
    const named = await greenroom(['run', tree, '--data-dir', dataDir, '--context', 'gone'], { through, env });
    const doctor = await greenroom(['doctor', '--data-dir', dataDir], { through });

    refused(embedded, '[DISK_FULL]', 'Free at least 1024 MiB there, or set GREENROOM_DATA_DIR to another disk.');
    refused(named, '[DISK_FULL]', `using the folder "${dataDir}", where`);
    expect(doctor.stdout).toMatch(/missing {2}disk +0\.0 GiB free for .*\n +Free some room/);
  });
});

/** The machine keeps its browser and its mounts as they are. */
function inMountNamespace(mount: string, folder: string): string[] {
  return ['unshare', '--mount', 'sh', '-c', `${mount} && shift && exec "$@"`, 'sh', folder];
}
const withoutChromium = inMountNamespace('mount -t tmpfs none "$1"', '/usr/lib/chromium');

/** Exit code 2, nothing on standard output, and every one of these words on standard error. */
function refused(ended: Ended, ...said: string[]): void {
  expect({ code: ended.code, stdout: ended.stdout }, ended.stderr).toEqual({ code: 2, stdout: '' });
  for (const words of said) expect(ended.stderr).toContain(words);
}

async function treeOf(files: Record<string, string>): Promise<string> {
  const tree = join(scratch, `tree-${folders++}`);
  for (const [path, text] of Object.entries({ '.keep': '', ...files })) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  return tree;
}

/** With a context that leads nowhere: whoever looked for the cluster first would say so. */
async function runTree(
  files: Record<string, string>,
  words: string[] = [],
  prepare: (tree: string) => Promise<void> = async () => undefined,
): Promise<Ended> {
  const tree = await treeOf(files);
  await prepare(tree);
  const options: ProcessOptions = {
    env: {
      KUBECONFIG: '/nowhere',
      GREENROOM_KUBE_CONTEXT: 'nowhere',
      GREENROOM_INSTANCE: 'input',
      GREENROOM_DATA_DIR: join(scratch, 'data'),
    },
  };
  return greenroom(['run', tree, '--json', ...words], options);
}

function kubeconfigOf(port: number): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'gone', cluster: { server: `https://127.0.0.1:${port}` } }],
    users: [{ name: 'me', user: { token: 'none' } }],
    contexts: [{ name: 'gone', context: { cluster: 'gone', user: 'me' } }],
    'current-context': 'gone',
  });
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
