import { createReadStream } from 'node:fs';
import { copyFile, mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { RunError } from '../errors.ts';
import { type ArtifactStore, artifactParts, type KeptArtifact } from './artifact-store.ts';

/** Files of runs in a folder, as `<folder>/<run id>/<suite>/<name>`. */
export function artifactFolder(folder: string): ArtifactStore {
  return {
    async put({ runId, path, file }) {
      const parts = artifactParts(runId, path);
      if (parts === null) throw misnamed(path);
      const target = join(folder, runId, ...parts);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(file, target).catch(async (error: NodeJS.ErrnoException) => {
        // The operator may have mounted a disk of its own for them.
        if (error.code !== 'EXDEV') throw error;
        await copyFile(file, target);
      });
    },
    open: (runId, path) => openFile(folder, runId, path),
    forget: (runId) => rm(join(folder, runId), { recursive: true, force: true }),
  };
}

/** Nothing outside the run's own folder is ever read, neither by `..` nor by a link. */
async function openFile(folder: string, runId: string, path: string): Promise<KeptArtifact | null> {
  const parts = artifactParts(runId, path);
  if (parts === null) return null;
  try {
    const [base, file] = await Promise.all([realpath(join(folder, runId)), realpath(join(folder, runId, ...parts))]);
    const found = await stat(file);
    if (!file.startsWith(base + sep) || !found.isFile()) return null;
    const read: KeptArtifact['read'] = async (from, to) =>
      Readable.toWeb(createReadStream(file, { start: from, end: to })) as ReadableStream<Uint8Array>;
    return { bytes: found.size, read };
  } catch {
    return null;
  }
}

/** Names are checked when a suite's files come in: this one slipped through. */
export function misnamed(path: string): RunError {
  return new RunError(`keeping a file named "${path.slice(0, 200)}"`, {
    code: 'ARTIFACT_MISNAMED',
    remedy: 'report-bug',
  });
}
