import { rename, writeFile } from 'node:fs/promises';

/** A reader sees the old content or the new one, never a part. */
export async function writeFileAtomically(path: string, content: string, mode = 0o600): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, content, { mode });
  await rename(unfinished, path);
}
