import { join } from 'node:path';
import { durationMs } from '../config/duration.ts';
import type { ImageConfig } from '../config/repository-config.ts';
import { imagedObjects } from '../environment/compile-environment.ts';
import type { SourcedObject } from '../environment/sources/sourced-object.ts';
import { buildImages, type ImageBuild } from '../image/build-images.ts';
import { imagesOf, imagesToPin } from '../image/image-references.ts';
import { pinImages, resolveImages } from '../image/resolve-images.ts';
import type { ResolvedImage } from '../image/wait-for-image.ts';
import { together } from '../together.ts';
import type { Failure } from '../verdict/verdict-document.ts';
import { imagesOfRepository } from './bell.ts';
import { ownerOf } from './owner-of.ts';
import type { Performance } from './performance.ts';
import type { Plan } from './read-plan.ts';
import { foldersOf } from './stage.ts';

/** What will be deployed and what will test it, by digest. */
export interface RunImages {
  rendered: SourcedObject[];
  images: ResolvedImage[];
  runners: { runner: string; browser: string };
  /** What `suites[].image` says, by what it resolved to. */
  own: Record<string, string>;
}

/**
 * Resolves every image to a digest before anything is provisioned. A Dockerfile that does not build is the change's failure.
 * @throws RunError those of `resolveImages`, `buildImages`
 */
export async function resolveRunImages(
  performance: Performance,
  plan: Plan,
  rendered: SourcedObject[],
): Promise<RunImages | { failure: Failure }> {
  const { stage, recorder, signal } = performance;
  const { tree } = foldersOf(stage, recorder.run.id);
  const runners = stage.runnerImages(signal);
  // Awaited below; until then a failure of it must not count as unhandled.
  runners.catch(() => undefined);
  const { images } = plan.config.application;
  const [waited, built] = await together(signal, [
    (both) =>
      resolveImages(images, {
        registry: stage.registry,
        signal: both,
        onProgress: (wait) => sayWait(performance, wait),
        pause: (ms, either) => stage.bell.wait(imagesOfRepository(recorder.run.repository), ms, either),
      }),
    (both) => build({ ...performance, signal: both }, images, tree),
  ]);
  if ('failure' in built) return built;
  const named = images.map((image) => image.name);
  const address = stage.registry.address;
  const others = imagesToPin(imagesOf(imagedObjects(plan.config, rendered)), named, address);
  const ownNames = plan.config.suites.flatMap((suite) => (suite.image === undefined ? [] : [suite.image]));
  const pinned = await pinImages(stage.registry, [...new Set([...others, ...ownNames])], signal);
  const own = Object.fromEntries(
    pinned.filter((image) => ownNames.includes(image.name)).map((image) => [image.name, image.reference]),
  );
  const resolved = [...waited, ...built.images, ...pinned];
  await recorder.tell({ kind: 'images-resolved', images: resolved.map(({ name, digest }) => ({ name, digest })) });
  return { rendered, images: resolved, runners: await runners, own };
}

async function build(
  { stage, recorder, signal }: Performance,
  images: ImageConfig[],
  tree: string,
): Promise<{ images: ResolvedImage[] } | { failure: Failure }> {
  const { run } = recorder;
  const wanted = images.filter((image) => image.from === 'build');
  if (wanted.length === 0) return { images: [] };
  const builds = wanted.map((image): ImageBuild => {
    const { name, context, dockerfile } = image;
    return { name, root: tree, contextFolder: join(tree, context), dockerfile, tag: run.headSha };
  });
  const outcome = await buildImages({
    kubernetes: stage.kubernetes,
    registry: stage.registry,
    owner: ownerOf(stage, run),
    environmentName: run.environmentName,
    builderImage: await stage.builderImage(signal),
    builds,
    buildProxy: stage.buildProxy,
    pullSecret: await stage.pullSecret(signal),
    podTemplate: stage.podTemplate,
    cacheDir: join(stage.dataDir, 'work', run.id),
    timeoutMs: Math.max(...wanted.map((image) => durationMs(image.timeout))),
    onProgress: ({ image, line }) => stage.onLine(run.id, `build ${image}`, line),
    signal,
  });
  if (outcome.status === 'built') return { images: outcome.images };
  const { class: fault, code, message, remedy, evidence } = outcome.failure;
  return { failure: { class: fault, code, message, remedy, evidence } };
}

function sayWait(
  { stage, recorder }: Performance,
  { reference, waitedMs }: { reference: string; waitedMs: number },
): void {
  stage.onLine(recorder.run.id, 'image', `waiting for ${reference}, ${Math.round(waitedMs / 1000)} s so far`);
}
