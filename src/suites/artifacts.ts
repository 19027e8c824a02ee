import { extname } from 'node:path';
import type { OutputFile } from './fetch-outputs.ts';
import type { Artifact } from './suite-result.ts';

const mediaTypes: Record<string, string> = {
  '.css': 'text/css',
  '.gif': 'image/gif',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.ndjson': 'application/x-ndjson',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

/** PURE. Where a result file is read, and as what. Names come from a suite: each part is encoded. */
export function artifactOf(file: OutputFile, runId: string, suite: string): Artifact {
  const path = file.name.split('/').map(encodeURIComponent).join('/');
  return {
    name: file.name,
    mediaType: mediaTypes[extname(file.name).toLowerCase()] ?? 'application/octet-stream',
    href: `/runs/${encodeURIComponent(runId)}/artifacts/${encodeURIComponent(suite)}/${path}`,
    bytes: file.bytes,
    sha256: file.sha256,
  };
}
