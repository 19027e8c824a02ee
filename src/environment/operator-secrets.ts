import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { annotations } from '../../infra/labels.ts';
import { templateOf } from './needs.ts';
import { type Json, list, mapping } from './refusal.ts';

/** A Secret of the operator's namespace, without its values. */
export interface SecretNote {
  name: string;
  annotations?: Record<string, string>;
}

/** PURE. Names of the Secrets that the operator has put up for a repository. */
export function putUpFor(repository: string, secrets: readonly SecretNote[]): string[] {
  return secrets
    .filter((secret) => !isOurName(secret.name))
    .filter((secret) => namesRepository(secret.annotations?.[annotations.repositories], repository))
    .map((secret) => secret.name)
    .sort();
}

/**
 * PURE. Whether a list such as `acme/shop, acme/*` names a repository; `*` alone names all, no list names none. Forges do not
 * tell upper from lower case.
 */
export function namesRepository(patterns: string | undefined, repository: string): boolean {
  const wanted = repository.toLowerCase();
  const whole = `${wanted.split('/')[0]}/*`;
  return (patterns ?? '').split(',').some((pattern) => ['*', wanted, whole].includes(pattern.trim().toLowerCase()));
}

/** A Secret of such a name would stand in for what Greenroom itself puts into the namespace. */
export function isOurName(name: string): boolean {
  return name.startsWith('greenroom');
}

const stub = Buffer.from('greenroom-stub').toString('base64');

/** PURE. What a change from a fork gets in place of a Secret's data: it finds the keys that it looks for, and nothing behind them. */
export function stubsOf(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(data).map((key) => [key, stub]));
}

/** PURE. The Secrets that the pods of these objects take from and that are not among the objects: the operator's, if anybody's. */
export function secretsWanted(objects: KubernetesObject[]): string[] {
  const own = new Set(objects.filter((object) => object.kind === 'Secret').map((object) => object.metadata.name));
  const named = objects.flatMap((object) => secretsOfPod(mapping(templateOf(object)?.spec)));
  return [...new Set(named)].filter((name) => !own.has(name));
}

function secretsOfPod(pod: Json): string[] {
  const volumes = list(pod.volumes);
  const containers = [...list(pod.initContainers), ...list(pod.containers)];
  const names = [
    ...volumes.map((volume) => mapping(volume.secret).secretName),
    ...volumes.flatMap((volume) => list(mapping(volume.projected).sources).map(({ secret }) => mapping(secret).name)),
    ...containers.flatMap(({ env }) => list(env).map(({ valueFrom }) => mapping(mapping(valueFrom).secretKeyRef).name)),
    ...containers.flatMap(({ envFrom }) => list(envFrom).map(({ secretRef }) => mapping(secretRef).name)),
  ];
  return names.filter((name) => typeof name === 'string');
}
