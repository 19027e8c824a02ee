import { access } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { ensureImage, type ImageProgress, type ImageWorkshop } from './ensure-image.ts';
import { readRecipes } from './image-recipes.ts';
import type { RegistryAccess } from './registry-access.ts';
import { RegistryClient } from './registry-client.ts';

export interface OwnImagesRequest {
  registry: RegistryAccess;
  /** A folder of ours; some kilobytes stay in it. */
  cacheDir: string;
  onProgress?: (progress: ImageProgress) => void;
  signal: AbortSignal;
}

/**
 * The images that suites run in, by digest, made of this machine's programs and pushed when the registry lacks this content.
 * @throws RunError IMAGE_PART_MISSING (fix-input: no Chromium, for one), REGISTRY_UNREACHABLE, REGISTRY_REFUSED, REGISTRY_PUSH_REFUSED
 */
export async function ensureRunnerImages(
  request: OwnImagesRequest & { k6Path: string },
): Promise<{ runner: string; browser: string }> {
  const workshop = await openWorkshop(request, request.k6Path);
  const runner = await ensureImage(workshop, 'runner');
  return { runner, browser: await ensureImage(workshop, 'browser') };
}

/** The one without a browser, where nothing else is wanted. */
export async function ensureRunnerImage(request: OwnImagesRequest & { k6Path: string }): Promise<string> {
  return ensureImage(await openWorkshop(request, request.k6Path), 'runner');
}

/** The image that `from: build` works in. */
export async function ensureBuilderImage(request: OwnImagesRequest): Promise<string> {
  return ensureImage(await openWorkshop(request), 'builder');
}

/** What the example application starts from: `base/node:24` and `base/postgres:15`, also under these tags. */
export async function ensureBaseImages(request: OwnImagesRequest): Promise<{ node: string; postgres: string }> {
  const workshop = await openWorkshop(request);
  const node = await ensureImage(workshop, 'base-node');
  return { node, postgres: await ensureImage(workshop, 'base-postgres') };
}

const multiarchFolders = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' } as const;

async function openWorkshop(request: OwnImagesRequest, k6Path?: string): Promise<ImageWorkshop> {
  const project = join(import.meta.dirname, '..', '..');
  const machine = arch() === 'arm64' ? 'arm64' : 'x64';
  const node = join(project, 'node_modules', `node-linux-${machine}`, 'bin', 'node');
  await access(node);
  return {
    client: new RegistryClient(request.registry),
    recipes: await readRecipes(project),
    variables: { project, node, lib: `/usr/lib/${multiarchFolders[machine]}`, ...(k6Path ? { k6: k6Path } : {}) },
    cacheDir: request.cacheDir,
    onProgress: request.onProgress ?? (() => undefined),
    signal: request.signal,
  };
}
