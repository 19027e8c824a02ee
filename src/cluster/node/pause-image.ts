import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { NodePlan } from '../node-plan.ts';
import { runCommand } from '../run-command.ts';
import { containerdSocket, pauseImage } from './node-files.ts';
import { inside } from './prepare-namespace.ts';

/**
 * The image of every pod's first process, which holds the pod's namespaces and does nothing else. Made here from our own program,
 * because there is no outside registry to take it from.
 */
export async function importPauseImage(plan: NodePlan): Promise<void> {
  const archive = `${inside}/config/pause.tar`;
  const layer = await tarOf([{ name: 'pause', content: await readFile(plan.tools.pause), mode: 0o755 }]);
  const config = {
    architecture: arch() === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Entrypoint: ['/pause'], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: [pauseImage], Layers: ['layer.tar'] }];
  const files = [
    { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
    { name: 'config.json', content: Buffer.from(JSON.stringify(config)) },
    { name: 'layer.tar', content: layer },
  ];
  await writeFile(archive, await tarOf(files));
  await runCommand('ctr', ['--address', containerdSocket, '--namespace', 'k8s.io', 'images', 'import', archive]);
}

async function tarOf(files: { name: string; content: Buffer; mode?: number }[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, content, mode = 0o644 } of files) archive.entry({ name, mode, mtime: new Date(0) }, content);
  archive.finalize();
  return buffer(archive);
}
