import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { RunError } from '../errors.ts';
import { type ExecResult, execInPod } from '../kubernetes/exec.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { containerStatusOf } from '../kubernetes/pods.ts';
import { contextFiles } from './build-context.ts';
import type { ImageBuild } from './build-images.ts';
import { type BuildFailure, judgeBuild, outOfMemory } from './build-outcome.ts';
import { type BuildPod, buildContainer, buildPodName } from './build-pod.ts';
import { readPod } from './build-session.ts';
import { fetchImage, imagesToFetch } from './fetch-image.ts';
import { findDigestBy, registryOf } from './find-digest.ts';
import { LineTail } from './line-tail.ts';
import { packLayer } from './pack-layer.ts';
import { pushExported } from './push-exported.ts';
import type { RegistryClient } from './registry-client.ts';
import type { ResolvedImage } from './wait-for-image.ts';

export interface BenchRequest {
  kubernetes: Kubernetes;
  client: RegistryClient;
  spec: BuildPod;
  /** Ours, for archives on their way. */
  folder: string;
  onProgress: ((progress: { image: string; line: string }) => void) | undefined;
  signal: AbortSignal;
}

export interface PackedContext {
  build: ImageBuild;
  archive: string;
}

const unpack = 'mkdir -p "$2" && tar -xf - -C "$2"';

/** The running pod in which a run's images are built one after the other: base images and layers are shared between them. */
export class BuildBench {
  readonly #request: BenchRequest;
  readonly #bases = new Set<string>();
  /** Layers of base images and where the registry has them. */
  readonly #baseLayers = new Map<string, string>();
  #count = 0;

  constructor(request: BenchRequest) {
    this.#request = request;
  }

  async packContexts(builds: readonly ImageBuild[]): Promise<PackedContext[]> {
    const { folder, signal } = this.#request;
    const packed: PackedContext[] = [];
    for (const build of builds) {
      const { name, contextFolder: folderOfBuild, dockerfile, root = folderOfBuild } = build;
      const entries = await contextFiles({ name, root, folder: folderOfBuild, dockerfile });
      const archive = join(folder, `context-${packed.length}.tar`);
      await packLayer(entries, archive, signal);
      packed.push({ build, archive });
    }
    return packed;
  }

  /** @throws RunError BUILD_NO_USER_NAMESPACE (fix-input) */
  async prepare(): Promise<void> {
    const { client } = this.#request;
    const { exitCode, stdout, stderr } = await this.#step(['driver']);
    if (exitCode !== 0) {
      throw new RunError('opening a user namespace in the build pod', {
        code: 'BUILD_NO_USER_NAMESPACE',
        remedy: 'fix-input',
        hint: "The cluster's nodes must allow unprivileged user namespaces (user.max_user_namespaces, no seccomp default, no AppArmor profile that forbids them). Otherwise build in your own CI and use `from: wait`.",
        evidence: [...stdout.split('\n'), ...stderr.split('\n')].filter(Boolean).slice(-10),
      });
    }
    const { ca } = client.access;
    if (ca !== null)
      await this.#send(Readable.from([Buffer.from(ca)]), Buffer.byteLength(ca), 'cat > /work/certificates/ca.crt');
  }

  async build(build: ImageBuild, archive: string): Promise<ResolvedImage | BuildFailure> {
    const { client, signal, spec } = this.#request;
    const { access, repository } = registryOf(build.name, client.access);
    if (access.address !== client.access.address) {
      throw new RunError(`building "${build.name}" for another registry than "${client.access.address}"`, {
        code: 'BUILD_ELSEWHERE',
        remedy: 'fix-input',
        hint: 'Images that are built here go to the registry in use: name it without a host.',
      });
    }
    const context = `/work/context/${this.#count++}`;
    await this.#send(createReadStream(archive), (await stat(archive)).size, unpack, context);
    const target = `${access.address}/${repository}:${build.tag}`;
    if (!spec.direct) await this.#sendBases(build);
    const failure = await this.#runBuild(build, ['build', context, build.dockerfile, target]);
    if (failure !== null) return failure;
    const digest = spec.direct
      ? await this.#pushDirectly(build, target, repository)
      : await this.#pushFromHere(build, target, repository, context);
    signal.throwIfAborted();
    return { name: build.name, reference: `${access.address}/${repository}@${digest}`, digest };
  }

  async #runBuild(build: ImageBuild, step: string[]): Promise<BuildFailure | null> {
    const { kubernetes, spec, signal, onProgress } = this.#request;
    const tail = new LineTail((line) => onProgress?.({ image: build.name, line }));
    try {
      const { exitCode, stderr } = await this.#exec(step, tail);
      const lines = [...tail.lines(), ...stderr.split('\n').filter(Boolean)];
      return exitCode === 0 ? null : judgeBuild({ image: build.name, dockerfile: build.dockerfile, exitCode, lines });
    } catch (error) {
      if (!(error instanceof RunError) || error.code !== 'EXEC_LOST') throw error;
      const pod = await readPod(kubernetes, spec.namespace, signal);
      const ended = containerStatusOf(pod, buildContainer)?.state?.terminated;
      if (ended?.reason === 'OOMKilled') return outOfMemory(build.name, build.dockerfile, tail.lines());
      throw new RunError(`building the image "${build.name}"`, {
        code: 'BUILD_INTERRUPTED',
        remedy: 'retry',
        hint: `The build pod went away (${pod.status?.reason ?? ended?.reason ?? 'reason unknown'}).`,
        evidence: [...(pod.status?.message ? [pod.status.message.slice(0, 500)] : []), ...tail.lines().slice(-10)],
        cause: error,
      });
    }
  }

  async #pushDirectly(build: ImageBuild, target: string, repository: string): Promise<string> {
    const { client, signal } = this.#request;
    this.#mustSucceed(await this.#step(['push', target]), `pushing "${target}" from the build pod`);
    const digest = await findDigestBy(client, repository, build.tag, signal);
    if (digest !== null) return digest;
    throw new RunError(`looking for "${target}", which was just pushed`, {
      code: 'BUILD_NOT_POSSIBLE',
      remedy: 'retry',
    });
  }

  /** The registry wants credentials, and they stay here: what it lacks comes out of the pod and goes there by our hands. */
  async #pushFromHere(build: ImageBuild, target: string, repository: string, context: string): Promise<string> {
    const { client, signal, folder } = this.#request;
    const exported = `${context}-image`;
    this.#mustSucceed(await this.#step(['export', target, exported]), `exporting "${target}" in the build pod`);
    const read = async (path: string, stdout: Parameters<typeof execInPod>[1]['stdout']) => {
      const command = ['/usr/bin/cat', `${exported}/${path}`];
      this.#mustSucceed(await this.#run(command, stdout ? { stdout } : {}), `fetching "${path}" of "${target}"`);
    };
    return pushExported({ client, repository, tag: build.tag, folder, known: this.#baseLayers, read, signal });
  }

  async #sendBases(build: ImageBuild): Promise<void> {
    const { client, folder, signal } = this.#request;
    const dockerfile = await readFile(join(build.contextFolder, build.dockerfile), 'utf8');
    for (const name of imagesToFetch(dockerfile, client.access.address)) {
      if (this.#bases.has(name)) continue;
      const file = join(folder, `base-${this.#bases.size}.tar`);
      // One that is not there is the Dockerfile's mistake, and buildah will say so.
      const fetched = await fetchImage(client, name, file, signal);
      if (fetched === null) continue;
      for (const layer of fetched.layers) this.#baseLayers.set(layer, fetched.repository);
      const inside = `/work/tmp/base-${this.#bases.size}`;
      await this.#send(createReadStream(file), (await stat(file)).size, unpack, inside);
      this.#mustSucceed(await this.#step(['base', inside, name]), `unpacking the base image "${name}"`);
      this.#bases.add(name);
    }
  }

  #step(step: string[]): Promise<ExecResult> {
    return this.#run(['/usr/bin/buildah', 'unshare', '/usr/bin/build-image', ...step]);
  }

  #exec(step: string[], stdout: LineTail): Promise<ExecResult> {
    return this.#run(['/usr/bin/buildah', 'unshare', '/usr/bin/build-image', ...step], { stdout });
  }

  /** The length goes first: not every cluster passes on the end of an input. */
  async #send(stdin: Readable, bytes: number, script: string, path = ''): Promise<void> {
    const command = ['/usr/bin/sh', '-c', `head -c "$1" | { ${script}; }`, 'receive', String(bytes), path];
    this.#mustSucceed(await this.#run(command, { stdin }), `sending ${bytes} bytes to the build pod`);
  }

  #run(
    command: string[],
    streams: Pick<Parameters<typeof execInPod>[1], 'stdin' | 'stdout'> = {},
  ): Promise<ExecResult> {
    const { kubernetes, spec, signal } = this.#request;
    const place = { namespace: spec.namespace, pod: buildPodName, container: buildContainer };
    return execInPod(kubernetes, { ...place, command, ...streams, signal });
  }

  #mustSucceed({ exitCode, stdout, stderr }: ExecResult, doing: string): void {
    if (exitCode === 0) return;
    throw new RunError(doing, {
      code: 'BUILD_NOT_POSSIBLE',
      remedy: 'retry',
      hint: `It ended with exit code ${exitCode}.`,
      evidence: [...stdout.split('\n'), ...stderr.split('\n')].filter(Boolean).slice(-10),
    });
  }
}
