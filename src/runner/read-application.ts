import { mkdir, rm } from 'node:fs/promises';
import { imageRuleOf } from '../environment/compile-environment.ts';
import { listOperatorSecrets } from '../environment/read-operator-secrets.ts';
import type { ImageRule } from '../environment/restricted-pod.ts';
import type { SourcedObject } from '../environment/sources/sourced-object.ts';
import type { Performance } from './performance.ts';
import type { Plan } from './read-plan.ts';
import { renderChecked } from './render-checked.ts';
import { secretsRequestOf } from './secrets-request.ts';
import { foldersOf } from './stage.ts';

/**
 * Fetches the change's files and finds all that is wrong with its application, before it waits for anything.
 * @throws RunError APPLICATION_INVALID (fix-input), and when the forge or the cluster could not be asked
 */
export async function readApplication(performance: Performance, plan: Plan): Promise<SourcedObject[]> {
  const { stage, signal } = performance;
  const tree = await fetchChange(performance);
  const putUp = () => listOperatorSecrets(secretsRequestOf(performance), signal);
  const restricted = restrictionOf(performance, plan);
  return await renderChecked({ config: plan.config, tree, ceilings: stage.ceilings, putUp, restricted });
}

/** Which images the change may run; null: it is trusted. */
export function restrictionOf({ stage, recorder }: Performance, { config }: Plan): ImageRule | null {
  if (recorder.run.trusted) return null;
  return imageRuleOf(config, stage.ceilings.allowedRegistries, stage.registry.address);
}

/** @returns the folder that the change's files are in now */
export async function fetchChange({ stage, recorder, source, signal }: Performance): Promise<string> {
  const { tree } = foldersOf(stage, recorder.run.id);
  // A run that waited for room, or was taken over, reads its files again.
  await rm(tree, { recursive: true, force: true });
  await mkdir(tree, { recursive: true });
  await source.fetchTree(tree, signal);
  return tree;
}
