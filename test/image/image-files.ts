import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchImage } from '../../src/image/fetch-image.ts';
import type { RegistryClient } from '../../src/image/registry-client.ts';

/** The paths in all layers of an image, as tar lists them; `folder` is used and removed. */
export async function imageFiles(client: RegistryClient, reference: string, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const archive = join(folder, 'image.tar');
  if ((await fetchImage(client, reference, archive, AbortSignal.timeout(120_000))) === null) {
    throw new Error(`there is no ${reference}`);
  }
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  const blobs = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const paths = blobs.flatMap((blob) => listTar(join(folder, blob)));
  await rm(folder, { recursive: true });
  return paths;
}

/** The image's configuration is a blob, too, and no tar: it has no paths. */
function listTar(file: string): string[] {
  try {
    const listed = execFileSync('tar', ['-tf', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return listed.trim().split('\n');
  } catch {
    return [];
  }
}
