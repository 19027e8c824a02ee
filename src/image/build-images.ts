import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ownership } from '../../infra/labels.ts';
import { humanDuration } from '../config/duration.ts';
import { explain, RunError } from '../errors.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { BuildBench } from './build-bench.ts';
import type { BuildFailure } from './build-outcome.ts';
import type { BuildPod } from './build-pod.ts';
import { closeBuildNamespace, openBuildNamespace, peerOf, startBuildPod } from './build-session.ts';
import type { RegistryAccess } from './registry-access.ts';
import { RegistryClient } from './registry-client.ts';
import type { ResolvedImage } from './wait-for-image.ts';

/** One `from: build` entry; the change's files are on this disk, as data. */
export interface ImageBuild {
  /** As in `greenroom.yaml`; without a host it belongs to the registry in use. */
  name: string;
  /** The folder of the change's files; without it `contextFolder` itself. No link below it is followed. */
  root?: string;
  /** Absolute path of the context folder. */
  contextFolder: string;
  /** Path inside the context. */
  dockerfile: string;
  /** The head SHA. */
  tag: string;
}

export interface BuildRequest {
  kubernetes: Kubernetes;
  registry: RegistryAccess;
  owner: Ownership;
  /** The environment's; builds get `<name>-build`. */
  environmentName: string;
  /** `ensureBuilderImage`'s answer. */
  builderImage: string;
  builds: readonly ImageBuild[];
  /** Address of a proxy for what Dockerfiles fetch, or null: then they reach the registry in use alone. */
  buildProxy: string | null;
  pullSecret?: { dockerConfigJson: string } | null;
  podTemplate?: BuildPod['podTemplate'];
  /** Archives on their way are kept here for their time. */
  cacheDir: string;
  /** For all builds together, the pod's start included. */
  timeoutMs: number;
  onProgress?: (progress: { image: string; line: string }) => void;
  signal: AbortSignal;
}

export type BuildOutcome = { status: 'built'; images: ResolvedImage[] } | { status: 'failed'; failure: BuildFailure };

/**
 * Builds the change's images one after the other in one unprivileged pod and pushes them. A Dockerfile that does not build is
 * an outcome (`failed`, class product), never thrown.
 * @throws RunError BUILD_INPUT_MISSING, BUILD_CONTEXT_TOO_LARGE (fix-input); BUILD_TIMEOUT, BUILD_NOT_POSSIBLE,
 *   BUILD_POD_NOT_STARTED, BUILD_INTERRUPTED, registry and cluster errors (retry); BUILD_POD_REFUSED, BUILD_NO_USER_NAMESPACE (fix-input of the operator)
 */
export async function buildImages(request: BuildRequest): Promise<BuildOutcome> {
  if (request.builds.length === 0) return { status: 'built', images: [] };
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const signal = AbortSignal.any([request.signal, deadline]);
  await mkdir(request.cacheDir, { recursive: true });
  const folder = await mkdtemp(join(request.cacheDir, 'build-'));
  try {
    return await buildIn(folder, request, signal);
  } catch (error) {
    request.signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    throw new RunError(`building ${request.builds.map(({ name }) => `"${name}"`).join(', ')}`, {
      code: 'BUILD_TIMEOUT',
      remedy: 'retry',
      hint: `It took longer than ${humanDuration(request.timeoutMs)}: raise the image's \`timeout\`, or build in your own CI and use \`from: wait\`.`,
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildIn(folder: string, request: BuildRequest, signal: AbortSignal): Promise<BuildOutcome> {
  const { kubernetes, registry, builds } = request;
  const client = new RegistryClient(registry);
  const spec = await podSpec(request, !(await client.hasCredentials()));
  const namespace = await openBuildNamespace(kubernetes, spec, signal);
  try {
    const bench = new BuildBench({ kubernetes, client, spec, folder, signal, onProgress: request.onProgress });
    // Packing needs no pod: a context that is not there is named at once, and the two overlap.
    const [contexts] = await Promise.all([bench.packContexts(builds), startBuildPod(kubernetes, spec, signal)]);
    await bench.prepare();
    const images: ResolvedImage[] = [];
    for (const { build, archive } of contexts) {
      const result = await bench.build(build, archive);
      if ('code' in result) return { status: 'failed', failure: result };
      images.push(result);
    }
    return { status: 'built', images };
  } finally {
    // What cannot be deleted now has our labels: the teardown and the sweep find it, and the outcome above stays the outcome.
    await closeBuildNamespace(namespace).catch((error) => {
      request.onProgress?.({ image: '', line: `the build namespace is left to the sweep: ${explain(error)}` });
    });
  }
}

async function podSpec(request: BuildRequest, direct: boolean): Promise<BuildPod> {
  const { registry, buildProxy } = request;
  const peers = [
    ...(direct ? [await peerOf(`${registry.scheme}://${registry.address}`, 80)] : []),
    ...(buildProxy === null ? [] : [await peerOf(buildProxy, 80)]),
  ];
  return {
    namespace: `${request.environmentName}-build`,
    owner: request.owner,
    builderImage: request.builderImage,
    registry,
    direct,
    peers,
    buildProxy,
    pullSecret: request.pullSecret ?? null,
    podTemplate: request.podTemplate ?? null,
    deadlineSeconds: Math.ceil(request.timeoutMs / 1000) + 30,
  };
}
