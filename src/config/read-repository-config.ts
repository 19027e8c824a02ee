import type { Problem } from '../errors.ts';
import { type Finding, findingsOf } from './issue-message.ts';
import { RepositoryConfig } from './repository-config.ts';
import { ruleFindings } from './repository-rules.ts';
import { knownKeysAt } from './schema-words.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

export type ReadConfig = { config: RepositoryConfig } | { problems: Problem[] };

const maxProblems = 50;

/**
 * Reads `greenroom.yaml` (version 1), text that a change wrote: bounded in size, depth and aliases. All problems at once,
 * each with line and column (from 1) and, where there is one, a suggestion. Never throws.
 * @param file the name shown in problems, such as `greenroom.yaml`
 */
export function readRepositoryConfig(text: string, { file }: { file: string }): ReadConfig {
  const yaml = readYaml(text, file);
  if ('problems' in yaml) return yaml;
  const { document } = yaml;
  if (document.data === null || document.data === undefined) {
    const suggestion = 'run "greenroom init" to have one written';
    return { problems: [{ file, line: 1, column: 1, message: 'is empty', suggestion }] };
  }
  const parsed = RepositoryConfig.safeParse(document.data);
  const findings = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => findingsOf(issue, document.data, knownKeysAt)),
    ...ruleFindings(document.data),
  ];
  if (parsed.success && findings.length === 0) return { config: parsed.data };
  const problems = findings.map((finding) => problemOf(finding, document, file));
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return { problems: problems.slice(0, maxProblems) };
}

function problemOf({ path, key, message, suggestion }: Finding, document: YamlDocument, file: string): Problem {
  const place = key === undefined ? document.positionOf(path) : document.positionOfKey(path, key);
  return { file, ...place, message, ...(suggestion === undefined ? {} : { suggestion }) };
}
