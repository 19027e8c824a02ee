import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** `/runs/<id>/artifacts/<suite>/<name>`, with every part encoded. */
export function artifactHref(runId: string, suite: string, name: string): string {
  const parts = [suite, ...name.split('/')].map(encodeURIComponent);
  return `/runs/${encodeURIComponent(runId)}/artifacts/${parts.join('/')}`;
}

/**
 * The file behind `<suite>/<name>` of a run, or null: nothing outside the run's own folder is ever served, neither by
 * `..` nor by a link.
 */
export async function artifactFile(artifactsDir: string, runId: string, path: string): Promise<string | null> {
  const parts = path.split('/');
  if (!/^[a-z0-9-]{1,63}$/.test(runId) || parts.some((part) => part === '' || part === '.' || part === '..'))
    return null;
  if (path.includes('\0') || path.includes('\\')) return null;
  const folder = join(artifactsDir, runId);
  try {
    const [base, file] = await Promise.all([realpath(folder), realpath(join(folder, ...parts))]);
    return file.startsWith(base + sep) ? file : null;
  } catch {
    return null;
  }
}
