import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../errors.ts';
import { checkLoadScript } from './check-load-script.ts';
import type { PlannedSuite } from './planned-suite.ts';
import { readSmokeList } from './smoke-list.ts';
import { collectSuiteFiles, type SuiteFile, sourceOf } from './suite-files.ts';
import type { SmokeCheck } from './suite-task.ts';

/** A suite whose files are there and can be run, or all that is wrong with them. */
export type CheckedSuite = { files: SuiteFile[]; checks: SmokeCheck[]; path: string } | { problems: Problem[] };

/**
 * Reads a suite's files as data and checks what can be checked without running them.
 * @param repositoryDir the change's tree
 */
export async function checkSuite(
  { config, packages }: Pick<PlannedSuite, 'config' | 'packages'>,
  repositoryDir: string,
  signal: AbortSignal,
): Promise<CheckedSuite> {
  const source = sourceOf(config.path, repositoryDir);
  const collected = collectSuiteFiles(source, packages.install ? packages.files : []);
  if ('problems' in collected) return collected;
  const { files } = collected;
  const isFile = files.some((file) => file.path === source.path);
  if (config.kind !== 'e2e' && !isFile) {
    const suggestion = config.kind === 'smoke' ? 'name the YAML file' : 'name the script';
    return {
      problems: [{ file: config.path, message: `is a folder; a ${config.kind} suite is one file`, suggestion }],
    };
  }
  if (config.kind === 'smoke') {
    const read = readSmokeList(readFileSync(join(source.root, source.path), 'utf8'), source.path);
    return 'problems' in read ? read : { files: [], checks: read.checks, path: source.path };
  }
  if (config.kind === 'load') {
    const problems = await checkLoadScript(source, signal);
    if (problems.length > 0) return { problems };
  }
  return { files, checks: [], path: source.path };
}
