import { durationMs } from '../config/duration.ts';
import type { ImageConfig } from '../config/repository-config.ts';
import { RunError } from '../errors.ts';
import { together } from '../together.ts';
import { findDigest, registryOf } from './find-digest.ts';
import { parseImageReference } from './image-reference.ts';
import type { RegistryAccess } from './registry-access.ts';
import { type ResolvedImage, waitForImage } from './wait-for-image.ts';

export interface ImageContext {
  registry: RegistryAccess;
  onProgress?: (progress: { reference: string; waitedMs: number }) => void;
  /** As `waitForImage` has it. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
}

/**
 * Waits for all `from: wait` images (their variables are expanded) at the same time; `from: build` is `buildImages`' part. The first one that cannot be had
 * ends the wait for the others.
 * @throws RunError IMAGE_MISSING, REGISTRY_UNREACHABLE, REGISTRY_REFUSED, IMAGE_REFERENCE_INVALID
 */
export async function resolveImages(images: readonly ImageConfig[], context: ImageContext): Promise<ResolvedImage[]> {
  const waited = images.filter((image) => image.from === 'wait');
  const wait = (image: (typeof waited)[number]) => (signal: AbortSignal) =>
    waitForImage(context.registry, {
      name: image.name,
      tag: image.tag,
      timeoutMs: durationMs(image.timeout),
      ...(context.onProgress ? { onProgress: context.onProgress } : {}),
      ...(context.pause ? { pause: context.pause } : {}),
      signal,
    });
  return together(context.signal, waited.map(wait));
}

/**
 * An image that `images:` does not name, such as a database, by the digest that its own tag (`latest` without one) has now.
 * @throws RunError IMAGE_MISSING, REGISTRY_UNREACHABLE, REGISTRY_REFUSED, IMAGE_REFERENCE_INVALID
 */
export async function pinImage(registry: RegistryAccess, text: string, signal: AbortSignal): Promise<ResolvedImage> {
  const { tag, digest: wanted } = parseImageReference(text, registry.address);
  const { access, repository } = registryOf(text, registry);
  const digest = await findDigest(access, repository, wanted ?? tag ?? 'latest', signal);
  if (digest !== null) return { name: text, reference: `${access.address}/${repository}@${digest}`, digest };
  throw new RunError(`looking for the image "${text}" at "${access.address}"`, {
    code: 'IMAGE_MISSING',
    remedy: 'retry',
    hint: 'The registry does not have it: check the name and tag, or list it under `images:` to wait for it.',
  });
}

/** `pinImage` for each, at the same time. */
export async function pinImages(
  registry: RegistryAccess,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<ResolvedImage[]> {
  const pin = (text: string) => (inner: AbortSignal) => pinImage(registry, text, inner);
  return together(signal, texts.map(pin));
}
