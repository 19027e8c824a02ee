import type { KubernetesObject } from '../../../infra/environment-spec.ts';

/** An object with where it was written, so that every refusal names file and line. */
export interface SourcedObject {
  object: KubernetesObject;
  file: string;
  /** Line (from 1) of the value at a path inside the object, or of the object itself; undefined where nobody wrote it. */
  lineAt: (path: readonly (string | number)[]) => number | undefined;
}
