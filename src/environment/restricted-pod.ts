import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { imageNameOf } from '../image/image-reference.ts';
import { type Json, list, mapping, type Path, type Refuse } from './refusal.ts';

/** Which images a change from a fork may run. */
export interface ImageRule {
  /** Those that the base branch names, whatever their tag. */
  named: readonly string[];
  /** `host` or `host/path`: all that is below. */
  registries: readonly string[];
  /** Where names without a host belong. */
  defaultRegistry: string;
}

const level = 'pods of a change from a fork meet Pod Security "restricted"';

/**
 * PURE. What the pods of a change from a fork must not ask for beside all that no change may: whatever Pod Security
 * `restricted` forbids and they say themselves (what they leave open, `harden` sets), and images from anywhere.
 */
export function admitRestricted({ spec }: KubernetesObject, images: ImageRule, refuse: Refuse): void {
  const { template, jobTemplate } = mapping(spec);
  const inner = mapping(mapping(jobTemplate).spec).template;
  if (template !== undefined) admitPod(mapping(mapping(template).spec), ['spec', 'template', 'spec'], images, refuse);
  if (inner !== undefined)
    admitPod(mapping(mapping(inner).spec), ['spec', 'jobTemplate', 'spec', 'template', 'spec'], images, refuse);
}

function admitPod(pod: Json, path: Path, images: ImageRule, refuse: Refuse): void {
  admitUser(mapping(pod.securityContext), [...path, 'securityContext'], refuse);
  for (const [field, what] of [
    ['sysctls', 'sets "sysctls"'],
    ['windowsOptions', 'sets "windowsOptions"'],
  ] as const) {
    if (mapping(pod.securityContext)[field] !== undefined)
      refuse([...path, 'securityContext', field], `${what}, and ${level}`, 'leave it out');
  }
  for (const field of ['initContainers', 'containers']) {
    list(pod[field]).forEach((container, index) => {
      const at = [...path, field, index];
      admitUser(mapping(container.securityContext), [...at, 'securityContext'], refuse);
      admitPowers(mapping(container.securityContext), [...at, 'securityContext'], refuse);
      admitImage(container.image, [...at, 'image'], images, refuse);
    });
  }
}

function admitUser(security: Json, path: Path, refuse: Refuse): void {
  const { runAsUser, runAsNonRoot, seccompProfile, seLinuxOptions } = security;
  const another = 'name another user by its number, such as 10001';
  if (runAsUser === 0) refuse([...path, 'runAsUser'], `runs as root, and ${level}`, another);
  if (runAsNonRoot === false) refuse([...path, 'runAsNonRoot'], `may run as root, and ${level}`, another);
  const seccomp = mapping(seccompProfile).type;
  if (seccomp !== undefined && seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost')
    refuse(
      [...path, 'seccompProfile', 'type'],
      `has the seccomp profile "${String(seccomp)}", and ${level}`,
      'leave it out',
    );
  const { user, role } = mapping(seLinuxOptions);
  if (user !== undefined || role !== undefined)
    refuse([...path, 'seLinuxOptions'], `names an SELinux user or role, and ${level}`, 'leave it out');
  const armor = mapping(security.appArmorProfile).type;
  if (armor === 'Unconfined')
    refuse([...path, 'appArmorProfile', 'type'], `runs without AppArmor, and ${level}`, 'leave it out');
}

function admitPowers(security: Json, path: Path, refuse: Refuse): void {
  if (security.allowPrivilegeEscalation === true)
    refuse([...path, 'allowPrivilegeEscalation'], `allows privilege escalation, and ${level}`, 'leave it out');
  if (security.procMount !== undefined && security.procMount !== 'Default')
    refuse([...path, 'procMount'], `names another procMount, and ${level}`, 'leave it out');
  if (security.windowsOptions !== undefined)
    refuse([...path, 'windowsOptions'], `sets "windowsOptions", and ${level}`, 'leave it out');
  const { add, drop } = mapping(security.capabilities);
  const added = Array.isArray(add) ? add.filter((name) => name !== 'NET_BIND_SERVICE').map(String) : [];
  if (added.length > 0)
    refuse(
      [...path, 'capabilities', 'add'],
      `asks for the capabilities ${added.join(', ')}, and ${level}`,
      'leave them out',
    );
  if (Array.isArray(drop) && !drop.includes('ALL'))
    refuse([...path, 'capabilities', 'drop'], `keeps capabilities, and ${level}`, 'drop ALL, or leave it out');
}

function admitImage(image: unknown, path: Path, rule: ImageRule, refuse: Refuse): void {
  if (typeof image !== 'string' || image === '' || mayRun(image, rule)) return;
  refuse(
    path,
    `the image "${image}" is neither named by the base branch's greenroom.yaml nor from an allowed registry`,
    `allowed: ${rule.registries.join(', ') || 'none'}; name it under application.images on the base branch, or have the operator set GREENROOM_ALLOWED_REGISTRIES`,
  );
}

/** A name that cannot be read is told of when it is looked for. */
function mayRun(image: string, { named, registries, defaultRegistry }: ImageRule): boolean {
  const nameOf = (text: string) => {
    try {
      return imageNameOf(text, defaultRegistry);
    } catch {
      return null;
    }
  };
  const name = nameOf(image);
  if (name === null || named.some((one) => nameOf(one) === name)) return true;
  return registries.some((one) =>
    name.startsWith(`${one.replace(/^(index\.)?docker\.io(?=\/|$)/, 'registry-1.docker.io')}/`),
  );
}
