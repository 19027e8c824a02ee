import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { KubernetesObject } from '../../../infra/environment-spec.ts';
import { readYaml } from '../../config/yaml-document.ts';
import type { Problem } from '../../errors.ts';
import type { SourcedObject } from './sourced-object.ts';

const maxFiles = 200;
const maxFileBytes = 1024 * 1024;
const maxTotalBytes = 4 * 1024 * 1024;
const maxFolders = 6;
const maxObjects = 300;

export interface Rendered {
  objects: SourcedObject[];
  problems: Problem[];
}

/**
 * Plain YAML files of a folder (or one file), read as data: bounded in number, size and depth, no links followed.
 * @param root the change's files
 * @param path inside it, from greenroom.yaml
 */
export async function readManifests(root: string, path: string): Promise<Rendered> {
  const problems: Problem[] = [];
  const files = await manifestFiles(root, join(root, path), 0, problems);
  if (files.length === 0 && problems.length === 0) {
    problems.push({ file: 'greenroom.yaml', message: `no ".yaml" or ".yml" file at application.manifests "${path}"` });
  }
  if (files.length > maxFiles)
    problems.push({ file: path, message: `holds ${files.length} files; at most ${maxFiles} are read` });
  const objects: SourcedObject[] = [];
  let total = 0;
  for (const file of files.slice(0, maxFiles)) {
    const text = await readFile(join(root, file), 'utf8');
    total += text.length;
    if (text.length > maxFileBytes || total > maxTotalBytes) {
      problems.push({ file, message: `is too large: at most 1 MiB a file and 4 MiB in all are read` });
      break;
    }
    const parsed = parseManifest(file, text);
    objects.push(...parsed.objects);
    problems.push(...parsed.problems);
  }
  if (objects.length > maxObjects)
    problems.push({ file: path, message: `holds ${objects.length} objects; at most ${maxObjects} are deployed` });
  return { objects, problems };
}

async function manifestFiles(root: string, at: string, depth: number, problems: Problem[]): Promise<string[]> {
  const name = relative(root, at);
  const stat = await lstat(at).catch(() => null);
  if (!stat) {
    problems.push({ file: 'greenroom.yaml', message: `application.manifests names "${name}", which does not exist` });
    return [];
  }
  if (stat.isSymbolicLink()) {
    problems.push({ file: name, message: 'is a link; links are not followed' });
    return [];
  }
  if (stat.isFile()) return /\.ya?ml$/.test(at) ? [name] : [];
  if (!stat.isDirectory() || depth > maxFolders) return [];
  const entries = (await readdir(at)).sort().slice(0, maxFiles * 5);
  const found = await Promise.all(entries.map((entry) => manifestFiles(root, join(at, entry), depth + 1, problems)));
  return found.flat();
}

/** PURE. All documents of one file; `List`s are taken apart. */
export function parseManifest(file: string, text: string): Rendered {
  const rendered: Rendered = { objects: [], problems: [] };
  for (const document of documentsOf(text)) {
    const read = readYaml(document, file);
    if ('problems' in read) {
      rendered.problems.push(...read.problems);
      continue;
    }
    const { data, positionOf } = read.document;
    if (data === null || data === undefined) continue;
    collect(data, [], file, (path) => positionOf(path).line, rendered);
  }
  return rendered;
}

/** Each document under as many empty lines as stand above it, so that its lines keep their numbers. */
function documentsOf(text: string): string[] {
  const lines = text.split('\n');
  // A line that starts with "---" ends a document whatever it stands in: YAML forbids it inside of scalars.
  const starts = lines.flatMap((line, index) => (/^---(\s|$)/.test(line) ? [index] : []));
  const bounds =
    starts.length > 0 && lines.slice(0, starts[0]).some((line) => /^\s*[^#%\s]/.test(line))
      ? [-1, ...starts]
      : starts.length > 0
        ? starts
        : [-1];
  return bounds.map((start, index) => {
    const end = bounds[index + 1] ?? lines.length;
    const first = start === -1 ? [] : [`   ${lines[start]?.slice(3) ?? ''}`];
    return '\n'.repeat(Math.max(start, 0)) + [...first, ...lines.slice(start + 1, end)].join('\n');
  });
}

type LineAt = (path: (string | number)[]) => number;

function collect(data: unknown, at: (string | number)[], file: string, lineOf: LineAt, rendered: Rendered): void {
  const value = data as Partial<KubernetesObject> & { items?: unknown[] };
  if (
    typeof data !== 'object' ||
    data === null ||
    typeof value.kind !== 'string' ||
    typeof value.apiVersion !== 'string'
  ) {
    rendered.problems.push({
      file,
      line: lineOf(at),
      message: 'is no Kubernetes object: "apiVersion" or "kind" is missing',
    });
    return;
  }
  if (value.kind === 'List' && Array.isArray(value.items)) {
    for (const [index, item] of value.items.entries()) collect(item, [...at, 'items', index], file, lineOf, rendered);
    return;
  }
  if (typeof value.metadata?.name !== 'string') {
    rendered.problems.push({
      file,
      line: lineOf(at),
      message: `a ${value.kind} without metadata.name`,
      suggestion: 'generateName is not supported',
    });
    return;
  }
  rendered.objects.push({ object: value as KubernetesObject, file, lineAt: (path) => lineOf([...at, ...path]) });
}
