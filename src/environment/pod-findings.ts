import type { ContainerStatus, Pod, Terminated } from './cluster-state.ts';
import type { Finding } from './not-ready.ts';

/** A third crash is a crash loop; so is any restart of a pod that was never ready for this long. */
const crashesToFail = 3;
const neverReadyMs = 20_000;
const pullGraceMs = 20_000;
const configGraceMs = 5000;
const unschedulableGraceMs = 60_000;

/**
 * PURE. What is wrong for good with one pod, or null: it may still get ready. `owner` is what it belongs to
 * (`Deployment/web`). A container that comes up again is given time; one that was killed for memory is not.
 */
export function findingOfPod(pod: Pod, owner: string, now: number): Finding | null {
  if (pod.metadata.deletionTimestamp) return null;
  if (pod.status?.reason === 'Evicted') return evicted(pod, owner);
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    const finding = findingOfContainer(pod, status, owner, now);
    if (finding) return finding;
  }
  return unschedulable(pod, owner, now);
}

function findingOfContainer(pod: Pod, status: ContainerStatus, owner: string, now: number): Finding | null {
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  if (ended?.reason === 'OOMKilled') return outOfMemory(pod, status, owner, ended);
  return (
    imagePull(pod, status, owner, now) ??
    containerConfig(pod, status, owner, now) ??
    (ended && ended.exitCode !== 0 ? crashLoop(pod, status, owner, ended, now) : null)
  );
}

function outOfMemory(pod: Pod, status: ContainerStatus, owner: string, ended: Terminated): Finding {
  const limit = containerSpec(pod, status.name)?.resources?.limits?.memory;
  return {
    // Without a limit of its own it was the node that ran out.
    class: limit ? 'product' : 'infrastructure',
    code: 'OOM_KILLED',
    object: owner,
    message: limit
      ? `container "${status.name}" of ${owner} was killed for using more than its memory limit of ${limit}`
      : `container "${status.name}" of ${owner} was killed because its node ran out of memory`,
    pod: podOf(pod, status),
    facts: [`exit code ${ended.exitCode} (OOMKilled)`, ...(limit ? [`memory limit ${limit}`] : []), restarts(status)],
  };
}

function crashLoop(pod: Pod, status: ContainerStatus, owner: string, ended: Terminated, now: number): Finding | null {
  const crashes = status.restartCount + (status.state?.terminated ? 1 : 0);
  const seen = status.state?.waiting?.reason === 'CrashLoopBackOff' ? status.restartCount + 1 : crashes;
  const neverReady =
    !status.ready && status.restartCount > 0 && now - Date.parse(pod.metadata.creationTimestamp) > neverReadyMs;
  const down = status.state?.running === undefined;
  if (!down || (seen < crashesToFail && !neverReady)) return null;
  const cannotStart = ended.reason === 'StartError' || ended.reason === 'ContainerCannotRun';
  const how = ended.signal ? `was ended by signal ${ended.signal}` : `exited with code ${ended.exitCode}`;
  return {
    class: 'product',
    code: 'CRASH_LOOP',
    object: owner,
    message: cannotStart
      ? `container "${status.name}" of ${owner} cannot be started: ${oneLine(ended.message ?? ended.reason ?? '')}`
      : `container "${status.name}" of ${owner} ${how}, ${seen} times`,
    pod: podOf(pod, status),
    facts: [`exit code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ''}`, restarts(status)],
  };
}

function imagePull(pod: Pod, status: ContainerStatus, owner: string, now: number): Finding | null {
  const { reason = '', message = '' } = status.state?.waiting ?? {};
  const known = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'RegistryUnavailable'];
  if (!known.includes(reason)) return null;
  const missing =
    reason === 'InvalidImageName' || reason === 'ErrImageNeverPull' || /not found|unknown|NotFound/.test(message);
  if (!missing && now - Date.parse(pod.metadata.creationTimestamp) < pullGraceMs) return null;
  return {
    // What does not exist somebody must push; what cannot be fetched a retry may cure.
    class: missing ? 'environment' : 'infrastructure',
    code: 'IMAGE_PULL',
    object: owner,
    message: `image "${containerSpec(pod, status.name)?.image ?? status.image}" of ${owner} cannot be pulled`,
    facts: [`${reason}: ${oneLine(message)}`],
  };
}

function containerConfig(pod: Pod, status: ContainerStatus, owner: string, now: number): Finding | null {
  const { reason = '', message = '' } = status.state?.waiting ?? {};
  const age = now - Date.parse(pod.metadata.creationTimestamp);
  if (!/^Create(Container|PodSandbox)?(Config)?Error$/.test(reason) || age < configGraceMs) return null;
  return {
    class: 'product',
    code: 'CONTAINER_CONFIG',
    object: owner,
    message: asRoot(message)
      ? `container "${status.name}" of ${owner} would run as root, which this environment forbids: name a user by its number, in the image (USER 10001) or as securityContext.runAsUser`
      : `container "${status.name}" of ${owner} cannot be made: ${oneLine(message)}`,
    facts: [`${reason}: ${oneLine(message)}`],
  };
}

/** The kubelet's words on an image that says root, or names a user of which nobody knows the number. */
function asRoot(message: string): boolean {
  return /runAsNonRoot/.test(message);
}

function evicted(pod: Pod, owner: string): Finding {
  const message = oneLine(pod.status?.message ?? '');
  const nodeIsShort = /low on resource|node was/i.test(message);
  return {
    class: nodeIsShort ? 'infrastructure' : 'product',
    code: 'EVICTED',
    object: owner,
    message: `a pod of ${owner} was evicted: ${message}`,
    facts: [],
  };
}

function unschedulable(pod: Pod, owner: string, now: number): Finding | null {
  const condition = pod.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False');
  if (condition?.reason !== 'Unschedulable') return null;
  if (now - Date.parse(pod.metadata.creationTimestamp) < unschedulableGraceMs) return null;
  const message = oneLine(condition.message ?? '');
  return {
    class: 'environment',
    code: 'UNSCHEDULABLE',
    object: owner,
    message: `no node has room for a pod of ${owner}: ${message}`,
    facts: [],
  };
}

function podOf(pod: Pod, status: ContainerStatus): NonNullable<Finding['pod']> {
  const { name, uid } = pod.metadata;
  return { name, uid, container: status.name, restarted: status.restartCount > 0 };
}

function containerSpec(pod: Pod, name: string): Pod['spec']['containers'][number] | undefined {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((container) => container.name === name);
}

function restarts(status: ContainerStatus): string {
  return `${status.restartCount} restart${status.restartCount === 1 ? '' : 's'}`;
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 400);
}
