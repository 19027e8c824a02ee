import type { ApplicationConfig } from '../../config/repository-config.ts';
import { type Rendered, readManifests } from './manifests.ts';
import { objectsOfServices } from './services.ts';

/**
 * The application's objects, whatever it is written in: the one place that knows the kinds of sources. A new kind is one
 * more case here; admission, hardening and all that follows see objects only.
 * @param root folder with the change's files; only read as data
 */
export async function renderApplication(application: ApplicationConfig, root: string): Promise<Rendered> {
  if (application.services) return { objects: objectsOfServices(application.services), problems: [] };
  if (application.manifests) return await readManifests(root, application.manifests);
  const kind = application.kustomize ? 'kustomize' : 'helm';
  return {
    objects: [],
    problems: [
      {
        file: 'greenroom.yaml',
        message: `application.${kind} is not supported yet; it follows in a later version`,
        suggestion: 'render it to plain files and name their folder under "application.manifests"',
      },
    ],
  };
}
