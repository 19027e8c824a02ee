/** A file that a suite left behind, on its way to where it is kept. */
export interface NewArtifact {
  runId: string;
  /** `<suite>/<name>`, with `/`. */
  path: string;
  /** Where it lies now; it may be gone from there afterwards. */
  file: string;
  mediaType: string;
  bytes: number;
  sha256: string;
}

/** A file of a run as readers ask for it. */
export interface KeptArtifact {
  bytes: number;
  /** Its bytes from `from` to `to`, both included. */
  read(from: number, to: number): Promise<ReadableStream<Uint8Array>>;
}

/** Where the files of runs are kept: in the data folder, or in a bucket that replicas share. */
export interface ArtifactStore {
  put(artifact: NewArtifact, signal: AbortSignal): Promise<void>;
  /** Null when there is none, also for paths that lead out of the run's own place. */
  open(runId: string, path: string, signal: AbortSignal): Promise<KeptArtifact | null>;
  /** Everything of a run; none is as good. */
  forget(runId: string): Promise<void>;
}

/** PURE. The parts of `<suite>/<name>` of a run, or null when it is no such path: nothing climbs out of its run. */
export function artifactParts(runId: string, path: string): string[] | null {
  const parts = path.split('/');
  const climbs = parts.some((part) => part === '' || part === '.' || part === '..');
  return climbs || /[\0\\]/.test(path) || !/^[a-z0-9-]{1,63}$/.test(runId) ? null : parts;
}
