import type { RepositoryConfig } from '../config/repository-config.ts';
import { problemsOf } from '../environment/compile-environment.ts';
import { renderApplication } from '../environment/sources/render.ts';
import type { SourcedObject } from '../environment/sources/sourced-object.ts';
import { RunError } from '../errors.ts';
import type { Ceilings } from './stage.ts';

/**
 * The application's objects, or all that is wrong with them at once; needs neither a cluster nor a registry.
 * @param tree folder with the change's files
 * @throws RunError APPLICATION_INVALID (fix-input)
 */
export async function renderChecked(
  config: RepositoryConfig,
  tree: string,
  ceilings: Pick<Ceilings, 'allowedKinds' | 'allowedEgress'>,
): Promise<SourcedObject[]> {
  const { objects, problems } = await renderApplication(config.application, tree);
  const all = [...problems, ...problemsOf({ config, rendered: objects, secrets: {}, ceilings })];
  if (all.length === 0) return objects;
  throw new RunError(`reading the application: ${all.length === 1 ? 'one problem' : `${all.length} problems`}`, {
    code: 'APPLICATION_INVALID',
    remedy: 'fix-input',
    hint: 'Mend these lines and try again.',
    problems: all,
  });
}
