import { RunError } from '../errors.ts';

/** An image name, taken apart by docker's rules. */
export interface ImageReference {
  /** `host` or `host:port`. */
  registry: string;
  /** Path inside the registry, such as `shop/web`. */
  repository: string;
  tag: string | null;
  /** `sha256:…`, or null. */
  digest: string | null;
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const hostPattern = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/;
const dockerHub = 'registry-1.docker.io';

/**
 * The first part is a host when it has a dot or a colon or is `localhost`; a name without a host belongs to
 * `defaultRegistry`, the registry in use. Neither tag nor digest: both null, the caller chooses.
 * @throws RunError IMAGE_REFERENCE_INVALID (fix-input)
 */
export function parseImageReference(text: string, defaultRegistry: string): ImageReference {
  const [beforeDigest = '', digest = null, ...tooMany] = text.split('@');
  const { registry, path } = splitHost(beforeDigest, defaultRegistry);
  const colon = path.lastIndexOf(':');
  const tag = colon === -1 ? null : path.slice(colon + 1);
  const named = colon === -1 ? path : path.slice(0, colon);
  const repository = registry === dockerHub && !named.includes('/') ? `library/${named}` : named;
  const wrong = [
    ...(tooMany.length > 0 ? ['it has more than one "@"'] : []),
    ...(hostPattern.test(registry) ? [] : [`"${registry}" is no host`]),
    ...(repositoryPattern.test(repository) && repository.length <= 255 ? [] : [`"${named}" is no repository name`]),
    ...(tag === null || tagPattern.test(tag) ? [] : [`"${tag}" is no tag`]),
    ...(digest === null || digestPattern.test(digest) ? [] : [`"${digest}" is no digest`]),
  ];
  if (wrong.length > 0) {
    throw new RunError(`reading the image name "${text}"`, {
      code: 'IMAGE_REFERENCE_INVALID',
      remedy: 'fix-input',
      hint: `${wrong.join('; ')}. Image names look like "registry.example.com/shop/web:1.2", in lower case.`,
    });
  }
  return { registry, repository, tag, digest };
}

/** `host/repository[:tag][@digest]`, which is what a kubelet is given. */
export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** Without tag and digest: two names of the same image are equal in this form. */
export function imageNameOf(text: string, defaultRegistry: string): string {
  const { registry, repository } = parseImageReference(text, defaultRegistry);
  return `${registry}/${repository}`;
}

function splitHost(text: string, defaultRegistry: string): { registry: string; path: string } {
  const slash = text.indexOf('/');
  const first = slash === -1 ? '' : text.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  if (!isHost) return { registry: defaultRegistry, path: text };
  const registry = first === 'docker.io' || first === 'index.docker.io' ? dockerHub : first;
  return { registry, path: text.slice(slash + 1) };
}
