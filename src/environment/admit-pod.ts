import { isOurName } from './operator-secrets.ts';
import { type Json, list, mapping, type Path, type Refuse } from './refusal.ts';

/** The Secrets that a pod may name. */
export interface KnownSecrets {
  /** By the change itself. */
  declared: ReadonlySet<string>;
  /** By the operator for this change; null before anybody has asked the cluster: each other name may be one then. */
  putUp: readonly string[] | null;
}

/** Fields of a pod that reach beyond it, and why each is refused. */
const refusedFields: Record<string, string> = {
  serviceAccountName: 'every pod runs as an account without rights',
  serviceAccount: 'every pod runs as an account without rights',
  hostNetwork: "pods do not share the node's network",
  hostPID: "pods do not share the node's processes",
  hostIPC: "pods do not share the node's memory",
  nodeName: "where pods run is the operator's choice",
  priorityClassName: 'environments stand below production in priority',
  priority: 'environments stand below production in priority',
  schedulerName: "where pods run is the operator's choice",
  runtimeClassName: "how pods run is the operator's choice",
  ephemeralContainers: 'pods are not debugged from a manifest',
  imagePullSecrets: "images are pulled with the operator's secret",
};
/** Harmless when they say what holds anyway. */
const harmlessWhenFalse = new Set(['hostNetwork', 'hostPID', 'hostIPC']);

const allowedVolumes = new Set([
  'emptyDir',
  'configMap',
  'secret',
  'persistentVolumeClaim',
  'projected',
  'downwardAPI',
  'ephemeral',
]);

/** Names in a suggestion. */
const mostNamed = 20;

/** PURE. What a pod of the change must not ask for. */
export function admitPodSpec(spec: Json, path: Path, secrets: KnownSecrets, refuse: Refuse): void {
  for (const [field, why] of Object.entries(refusedFields)) {
    const value = spec[field];
    if (value === undefined || (value === false && harmlessWhenFalse.has(field))) continue;
    refuse([...path, field], `"${field}" is not allowed: ${why}`);
  }
  if (spec.automountServiceAccountToken === true) {
    refuse([...path, 'automountServiceAccountToken'], 'pods get no token of the cluster');
  }
  list(spec.volumes).forEach((volume, index) => {
    admitVolume(volume, [...path, 'volumes', index], secrets, refuse);
  });
  for (const field of ['initContainers', 'containers']) {
    list(spec[field]).forEach((container, index) => {
      admitContainer(container, [...path, field, index], secrets, refuse);
    });
  }
}

function admitVolume(volume: Json, path: Path, secrets: KnownSecrets, refuse: Refuse): void {
  for (const type of Object.keys(volume).filter((key) => key !== 'name')) {
    if (!allowedVolumes.has(type))
      refuse(
        [...path, type],
        `a volume of type "${type}" is not allowed`,
        `allowed: ${[...allowedVolumes].join(', ')}`,
      );
  }
  const secret = mapping(volume.secret);
  if (volume.secret !== undefined)
    admitSecretName(secret.secretName, secret.optional, [...path, 'secret', 'secretName'], secrets, refuse);
  const claim = mapping(mapping(mapping(volume.ephemeral).volumeClaimTemplate).spec);
  if (claim.volumeName !== undefined || claim.dataSource !== undefined || claim.dataSourceRef !== undefined) {
    refuse([...path, 'ephemeral'], "would take a volume or data that is not this environment's");
  }
  list(mapping(volume.projected).sources).forEach((source, index) => {
    const at = [...path, 'projected', 'sources', index];
    for (const type of Object.keys(source)) {
      if (type === 'serviceAccountToken' || type === 'clusterTrustBundle' || type === 'podCertificate') {
        refuse([...at, type], 'pods get no token of the cluster');
      }
    }
    const projected = mapping(source.secret);
    if (source.secret !== undefined)
      admitSecretName(projected.name, projected.optional, [...at, 'secret', 'name'], secrets, refuse);
  });
}

function admitContainer(container: Json, path: Path, secrets: KnownSecrets, refuse: Refuse): void {
  if (typeof container.image !== 'string' || container.image === '')
    refuse(path, `container "${String(container.name)}" names no image`);
  const security = mapping(container.securityContext);
  if (security.privileged === true)
    refuse([...path, 'securityContext', 'privileged'], 'privileged containers are not allowed');
  list(container.ports).forEach((port, index) => {
    if (port.hostPort !== undefined && port.hostPort !== 0) {
      refuse([...path, 'ports', index, 'hostPort'], '"hostPort" would open a port of the node');
    }
  });
  list(container.env).forEach((variable, index) => {
    const reference = mapping(variable.valueFrom).secretKeyRef;
    const { name, optional } = mapping(reference);
    const at = [...path, 'env', index, 'valueFrom', 'secretKeyRef', 'name'];
    if (reference !== undefined) admitSecretName(name, optional, at, secrets, refuse);
  });
  list(container.envFrom).forEach((source, index) => {
    const { name, optional } = mapping(source.secretRef);
    const at = [...path, 'envFrom', index, 'secretRef', 'name'];
    if (source.secretRef !== undefined) admitSecretName(name, optional, at, secrets, refuse);
  });
}

function admitSecretName(name: unknown, optional: unknown, path: Path, secrets: KnownSecrets, refuse: Refuse): void {
  const { declared, putUp } = secrets;
  const isOurs = typeof name === 'string' && isOurName(name);
  if (typeof name === 'string' && !isOurs) {
    if (optional === true || putUp === null || declared.has(name) || putUp.includes(name)) return;
  }
  const known = [...declared, ...(putUp ?? [])].slice(0, mostNamed).join(', ');
  refuse(
    path,
    `takes from the Secret "${String(name)}", which neither the change declares nor the operator has put up for it`,
    isOurs ? 'names that start with "greenroom" are Greenroom\'s own' : `there ${known ? `are: ${known}` : 'are none'}`,
  );
}
