import type { RepositoryConfig } from '../config/repository-config.ts';
import { imagedObjects, problemsOf } from '../environment/compile-environment.ts';
import { secretsWanted } from '../environment/operator-secrets.ts';
import type { ImageRule } from '../environment/restricted-pod.ts';
import { renderApplication } from '../environment/sources/render.ts';
import type { SourcedObject } from '../environment/sources/sourced-object.ts';
import { RunError } from '../errors.ts';
import type { Ceilings } from './stage.ts';

export interface RenderRequest {
  config: RepositoryConfig;
  /** Folder with the change's files. */
  tree: string;
  ceilings: Pick<Ceilings, 'allowedKinds' | 'allowedEgress'>;
  /** Names of the operator's Secrets for this change, asked only when it names one; null where there is no cluster to ask. */
  putUp: (() => Promise<string[]>) | null;
  /** The change comes from a fork; null: it is trusted. */
  restricted: ImageRule | null;
}

/**
 * The application's objects, or all that is wrong with them at once; needs no registry.
 * @throws RunError APPLICATION_INVALID (fix-input) and what `putUp` throws
 */
export async function renderChecked({
  config,
  tree,
  ceilings,
  putUp,
  restricted,
}: RenderRequest): Promise<SourcedObject[]> {
  const { objects, problems } = await renderApplication(config.application, tree);
  const wanted = secretsWanted(imagedObjects(config, objects));
  const names = wanted.length === 0 || putUp === null ? null : await putUp();
  const all = [...problems, ...problemsOf({ config, rendered: objects, putUp: names, ceilings, restricted })];
  if (all.length === 0) return objects;
  throw new RunError(`reading the application: ${all.length === 1 ? 'one problem' : `${all.length} problems`}`, {
    code: 'APPLICATION_INVALID',
    remedy: 'fix-input',
    hint: 'Mend these lines and try again.',
    problems: all,
  });
}
