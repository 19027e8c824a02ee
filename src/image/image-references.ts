import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { RunError } from '../errors.ts';
import { imageNameOf, parseImageReference } from './image-reference.ts';
import type { ResolvedImage } from './wait-for-image.ts';

/** Every image that the objects would run, each once, in order: containers and init containers of pods and of all templates. */
export function imagesOf(objects: readonly KubernetesObject[]): string[] {
  const found = new Set<string>();
  for (const object of objects)
    mapImages(object, (image) => {
      found.add(image);
      return image;
    });
  return [...found];
}

/** Those of `images` that no entry of `greenroom.yaml`'s `images:` answers for: they keep their own tag and are pinned to its digest. */
export function imagesToPin(images: readonly string[], entries: readonly string[], defaultRegistry: string): string[] {
  const answered = new Set(entries.map((entry) => imageNameOf(entry, defaultRegistry)));
  return [...new Set(images)].filter((image) => !answered.has(imageNameOf(image, defaultRegistry)));
}

/**
 * The objects with every image by digest; the originals stay as they are. An entry that names exactly the same text wins,
 * else the one with the same name, whatever tag the manifest has.
 * @throws RunError IMAGE_UNRESOLVED (report-bug) for an image that was not resolved before: nothing is deployed by tag
 */
export function replaceImages(
  objects: readonly KubernetesObject[],
  resolved: readonly ResolvedImage[],
  defaultRegistry: string,
): KubernetesObject[] {
  const byText = new Map(resolved.map(({ name, reference }) => [name, reference]));
  const byName = new Map(resolved.map(({ name, reference }) => [imageNameOf(name, defaultRegistry), reference]));
  const referenceOf = (image: string): string => {
    const reference = byText.get(image) ?? byName.get(imageNameOf(image, defaultRegistry));
    if (reference !== undefined) return reference;
    if (parseImageReference(image, defaultRegistry).digest !== null) return image;
    throw new RunError(`deploying the image "${image}" by digest`, { code: 'IMAGE_UNRESOLVED', remedy: 'report-bug' });
  };
  return objects.map((object) => mapImages(object, referenceOf));
}

type Json = Record<string, unknown>;

function mapImages(object: KubernetesObject, change: (image: string) => string): KubernetesObject {
  return { ...object, ...mapTemplate(object, change) };
}

/** Pods have containers in `spec`, controllers in `spec.template`, a CronJob in `spec.jobTemplate`: the same walk finds all. */
function mapTemplate(holder: Json, change: (image: string) => string): Json {
  const { spec } = holder;
  if (!isObject(spec)) return holder;
  const changed: Json = { ...spec };
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    const containers = spec[list];
    if (Array.isArray(containers)) changed[list] = containers.map((container) => mapContainer(container, change));
  }
  for (const template of ['template', 'jobTemplate']) {
    const inner = spec[template];
    if (isObject(inner)) changed[template] = mapTemplate(inner, change);
  }
  return { ...holder, spec: changed };
}

function mapContainer(container: unknown, change: (image: string) => string): unknown {
  if (!isObject(container) || typeof container.image !== 'string') return container;
  return { ...container, image: change(container.image) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
