import { setTimeout as sleep } from 'node:timers/promises';
import { humanDuration } from '../config/duration.ts';
import { RunError } from '../errors.ts';
import { findDigestBy, registryOf } from './find-digest.ts';
import type { RegistryAccess } from './registry-access.ts';
import { RegistryClient } from './registry-client.ts';

/** An image as it is deployed. */
export interface ResolvedImage {
  /** As `greenroom.yaml` or a manifest names it. */
  name: string;
  /** `<registry>/<repository>@sha256:…` */
  reference: string;
  digest: string;
}

export interface WaitedImage {
  /** With or without a host; any tag in it is not looked at. */
  name: string;
  tag: string;
  /** 0: one look. */
  timeoutMs: number;
  /** Between two looks; may end early where there is news. Default: it does not. @throws the signal's reason */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told at every look that found nothing. */
  onProgress?: (progress: { reference: string; waitedMs: number }) => void;
  signal: AbortSignal;
}

/** At first a second, so that an image that is nearly there costs no time, later five: no registry minds that. */
function pauseMs(waitedMs: number): number {
  return waitedMs < 15_000 ? 1000 : 5000;
}

/**
 * Asks until the tag is there or time is out. One that is unreachable or does not allow it is asked again, too: it may start,
 * or make the repository with the first push. Credentials that are refused end the wait at once.
 * @throws RunError IMAGE_MISSING, REGISTRY_UNREACHABLE, REGISTRY_REFUSED, within 10 s of the deadline
 */
export async function waitForImage(registry: RegistryAccess, image: WaitedImage): Promise<ResolvedImage> {
  const { access, repository } = registryOf(image.name, registry);
  const client = new RegistryClient(access);
  const reference = `${access.address}/${repository}:${image.tag}`;
  const startedAt = performance.now();
  for (;;) {
    const last = await look(client, repository, image.tag, image.signal);
    if (typeof last === 'string') {
      return { name: image.name, reference: `${access.address}/${repository}@${last}`, digest: last };
    }
    const waitedMs = performance.now() - startedAt;
    const leftMs = image.timeoutMs - waitedMs;
    if (leftMs <= 0) throw last ?? missing(reference, waitedMs, image.timeoutMs);
    image.onProgress?.({ reference, waitedMs });
    await (image.pause ?? sleepFor)(Math.min(pauseMs(waitedMs), leftMs), image.signal);
  }
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}

/** The digest, null when it is not there, or the error that is worth another look. */
async function look(
  client: RegistryClient,
  repository: string,
  tag: string,
  signal: AbortSignal,
): Promise<string | null | RunError> {
  try {
    return await findDigestBy(client, repository, tag, signal);
  } catch (error) {
    if (error instanceof RunError && error.remedy === 'retry') return error;
    throw error;
  }
}

function missing(reference: string, waitedMs: number, timeoutMs: number): RunError {
  const waited = timeoutMs === 0 ? 'not waited for' : `waited for ${humanDuration(waitedMs)}`;
  return new RunError(`looking for the image "${reference}" (${waited})`, {
    code: 'IMAGE_MISSING',
    remedy: 'retry',
    hint: "The registry does not have it: did the repository's own CI push it under this tag (the pull request's head SHA, not the merge commit; in a merge queue the queue's own commit)? Then run again, or raise the image's `timeout`.",
    evidence: [`HEAD ${reference}: not found`],
  });
}
