import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EnvironmentSpec, suitesNamespaceOf } from '../infra/environment-spec.ts';
import { repositoryDir } from '../src/cli/open-machine.ts';
import { readRepositoryConfig } from '../src/config/read-repository-config.ts';
import type { RepositoryConfig } from '../src/config/repository-config.ts';
import { compileEnvironment, imagedObjects } from '../src/environment/compile-environment.ts';
import { provisionEnvironment } from '../src/environment/environment.ts';
import { renderApplication } from '../src/environment/sources/render.ts';
import type { SourcedObject } from '../src/environment/sources/sourced-object.ts';
import { pulumiStacks } from '../src/environment/stacks.ts';
import { buildImages } from '../src/image/build-images.ts';
import { imagesOf, imagesToPin } from '../src/image/image-references.ts';
import { pinImages } from '../src/image/resolve-images.ts';
import type { ResolvedImage } from '../src/image/wait-for-image.ts';
import type { Stage } from '../src/runner/stage.ts';
import { planSuites } from '../src/suites/plan-suites.ts';
import type { PlannedSuite } from '../src/suites/planned-suite.ts';
import type { Receipt } from '../src/teardown/receipt.ts';
import { tearDown } from '../src/teardown/tear-down.ts';
import { type BenchStage, oncePerStage } from './stage.ts';

export const shopDir = join(repositoryDir, 'examples', 'shop');
const deadlineMs = 600_000;

/** An environment of the example application under a name of its own, compiled as a run compiles it. */
export interface ShopEnvironment {
  spec: EnvironmentSpec;
  suites: PlannedSuite[];
  /** Milliseconds from our `up` to its URL answering. */
  provision(): Promise<number>;
  tearDown(): Promise<Receipt>;
}

/** Builds and pushes the shop's images once, so that every environment is made of the same. */
export const openShop = oncePerStage(prepareShop);

async function prepareShop(bench: BenchStage): Promise<() => Promise<ShopEnvironment>> {
  const { stage } = (await bench.demo()).service.engine;
  const read = readRepositoryConfig(await readFile(join(shopDir, 'greenroom.yaml'), 'utf8'), {
    file: 'greenroom.yaml',
  });
  if ('problems' in read) throw new Error(`the shop's greenroom.yaml: ${read.problems[0]?.message}`);
  const { config } = read;
  const { objects: rendered } = await renderApplication(config.application, shopDir);
  const images = await imagesOfShop(stage, config, rendered, bench);
  const runners = await stage.runnerImages(bench.signal);
  return async () => {
    const owner = newOwner(stage);
    const suites = planSuites({
      suites: config.suites,
      modified: new Set(),
      images: { ...runners, own: {} },
      runId: owner.runId,
      egress: [],
    });
    const { instance, kubernetes, registry, pulumi, ceilings, preview, podTemplate } = stage;
    const pullSecret = await stage.pullSecret(bench.signal);
    const name = `bench-${owner.runId}`;
    const compiled = compileEnvironment({
      ...{ config, rendered, images, owner, name, ceilings, pullSecret, preview, podTemplate },
      defaultRegistry: registry.address,
      suites: suites.map((suite) => suite.pod),
      trusted: true,
      secrets: {},
    });
    if ('problems' in compiled) throw new Error(`the shop: ${compiled.problems[0]?.message}`);
    const { spec } = compiled;
    return {
      spec,
      suites,
      async provision() {
        const begun = performance.now();
        const provisioned = await provisionEnvironment({ kubernetes, pulumi, spec, deadlineMs, signal: bench.signal });
        if (!provisioned.ready) throw new Error(`${suitesNamespaceOf(name)}: ${provisioned.notReady.message}`);
        return performance.now() - begun;
      },
      tearDown: () =>
        tearDown({
          kubernetes,
          stacks: pulumiStacks({ pulumi, cluster: kubernetes }),
          target: { name, runId: owner.runId, instance },
          deadlineMs,
        }),
    };
  };
}

function newOwner({ instance }: Stage) {
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  const runId = `r${randomBytes(5).toString('hex')}`;
  const change = { changeId: `c${runId}`, changeNumber: null, repository: 'bench/shop', sha: '0'.repeat(40) };
  return { ...change, instance, runId, expiresAt };
}

async function imagesOfShop(
  stage: Stage,
  config: RepositoryConfig,
  rendered: SourcedObject[],
  { signal, folder, say }: BenchStage,
): Promise<ResolvedImage[]> {
  say('building the images of the shop');
  const { kubernetes, registry, buildProxy, podTemplate } = stage;
  const pullSecret = await stage.pullSecret(signal);
  const owner = newOwner(stage);
  const outcome = await buildImages({
    ...{ kubernetes, registry, owner, buildProxy, pullSecret, podTemplate, signal },
    environmentName: `bench-${owner.runId}`,
    builderImage: await stage.builderImage(signal),
    builds: config.application.images.flatMap((image) =>
      image.from === 'build'
        ? [
            {
              name: image.name,
              contextFolder: join(shopDir, image.context),
              dockerfile: image.dockerfile,
              tag: 'bench',
            },
          ]
        : [],
    ),
    cacheDir: join(folder, 'builds'),
    timeoutMs: deadlineMs,
  });
  if (outcome.status === 'failed') throw new Error(`building the shop: ${outcome.failure.message}`);
  const named = config.application.images.map((image) => image.name);
  const others = imagesToPin(imagesOf(imagedObjects(config, rendered)), named, registry.address);
  return [...outcome.images, ...(await pinImages(registry, others, signal))];
}
