import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readRepositoryConfig } from '../config/read-repository-config.ts';
import { RunError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandInput } from './command.ts';
import { configTemplate, type Found, workflowTemplate } from './init-templates.ts';

export async function runInit({ host, positionals }: CommandInput): Promise<number> {
  const root = resolve(host.cwd, positionals[0] ?? '.');
  const found = await lookAt(root);
  const config = configTemplate(found);
  const read = readRepositoryConfig(config, { file: 'greenroom.yaml' });
  if ('problems' in read) {
    throw new RunError('writing a greenroom.yaml', {
      code: 'INIT_INVALID',
      remedy: 'report-bug',
      problems: read.problems,
    });
  }
  const say = (line: string) => host.stdout.write(`${line}\n`);
  await writeNew(join(root, 'greenroom.yaml'), config, say);
  if (found.github) await writeNew(join(root, '.github/workflows/greenroom-images.yml'), workflowTemplate(found), say);
  say('Next: look the files over, then try "greenroom run ." on this machine.');
  return exitCodes.passed;
}

/** What there is to start from: Dockerfiles name the services, a folder of manifests is taken as it is. */
async function lookAt(root: string): Promise<Found> {
  const folders = (await entries(root)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const services: Found['services'] = [];
  for (const folder of ['.', ...folders.filter((name) => !name.startsWith('.') && name !== 'node_modules')]) {
    const dockerfile = await readFile(join(root, folder, 'Dockerfile'), 'utf8').catch(() => null);
    if (dockerfile === null) continue;
    const name = folder === '.' ? dnsLabel(basename(root)) : dnsLabel(folder);
    services.push({ name, context: folder, port: Number(/^EXPOSE\s+(\d+)/im.exec(dockerfile)?.[1] ?? 8080) });
  }
  const manifests = ['k8s', 'kubernetes', 'deploy', 'manifests'].find((name) => folders.includes(name)) ?? null;
  return { repository: dnsLabel(basename(root)), services, manifests, github: await isOnGitHub(root) };
}

async function isOnGitHub(root: string): Promise<boolean> {
  const config = await readFile(join(root, '.git/config'), 'utf8').catch(() => '');
  return /github/i.test(config) || (await entries(join(root, '.github'))).length > 0;
}

async function entries(folder: string) {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

async function writeNew(path: string, text: string, say: (line: string) => void): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) return say(`kept    ${path}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  say(`written ${path}`);
}

function dnsLabel(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63);
  return label === '' ? 'app' : label;
}
