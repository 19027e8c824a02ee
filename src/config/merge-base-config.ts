import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../errors.ts';
import type { ReadConfig } from './read-repository-config.ts';
import type { RepositoryConfig, SuiteConfig } from './repository-config.ts';
import { isStarter, suitesOf } from './starter-suites.ts';

export interface ConfigSides {
  /** What the base branch has; null where it has no file. */
  base: ReadConfig | null;
  /** What the change's head has; null where it has no file. */
  head: ReadConfig | null;
  /** Paths that the change touches, relative to the repository's root. */
  changedFiles: readonly string[];
  /** A person with write permission approved this very SHA. */
  approved: boolean;
}

export type MergedConfig =
  /** Neither side has a file: neutral, and no comment. */
  | { kind: 'not-configured'; reason: string }
  /** The head's file cannot be used: the check concludes with all problems. */
  | { kind: 'invalid'; problems: Problem[] }
  /** The change takes its own gate away: failure until somebody approves this SHA. Nothing runs. */
  | { kind: 'gated'; reason: string }
  | {
      kind: 'run';
      /** `suites` are filled in (starters) and carry the base's word on `required`. */
      config: RepositoryConfig;
      /** Which side decided triggers, limits and what is required: gives `configSha`. */
      decidedBy: 'base' | 'head';
      /** Names of suites whose files or definition the change edits. */
      modified: string[];
      /** Required by the base, lacking here, and not approved: the run goes on and ends `failed`. */
      missingRequired: string[];
      /** For the report: sentences on what a reader would not expect. */
      notes: string[];
    };

/** A change cannot switch off its own gate (DESIGN, rule 5). For a trusted one; of forks see `mergeForFork`. PURE. */
export function mergeBaseConfig({ base, head, changedFiles, approved }: ConfigSides): MergedConfig {
  if (head === null) return withoutHead(base, approved);
  if ('problems' in head) return { kind: 'invalid', problems: head.problems };
  const own = { ...head.config, suites: suitesOf(head.config) };
  if (base === null || 'problems' in base) {
    const modified = own.suites.filter((suite) => touches(suite, changedFiles)).map((suite) => suite.name);
    const broken = 'the greenroom.yaml of the base branch has problems, so the one of this change decides';
    const notes = base === null ? [] : [broken];
    return { kind: 'run', config: own, decidedBy: 'head', modified, missingRequired: [], notes };
  }
  const { config } = base;
  const baseSuites = new Map(suitesOf(config).map((suite) => [suite.name, suite]));
  const suites = own.suites.map((suite) => withBaseRequired(suite, baseSuites.get(suite.name)));
  const lacking = lackingRequired(config, suites);
  const missing = lacking.map((name) => `"${name}"`).join(', ');
  return {
    kind: 'run',
    config: { ...own, suites, triggers: config.triggers, limits: config.limits },
    decidedBy: 'base',
    modified: own.suites.filter((suite) => isModified(suite, baseSuites, changedFiles)).map((suite) => suite.name),
    missingRequired: approved ? [] : lacking,
    notes: approved && lacking.length > 0 ? [`approved to go without the required ${missing}`] : [],
  };
}

export function withoutHead(base: ReadConfig | null, approved: boolean): MergedConfig {
  if (base === null) {
    const reason = 'no greenroom.yaml on this branch or its base; "greenroom init" writes one';
    return { kind: 'not-configured', reason };
  }
  if (approved) return { kind: 'not-configured', reason: 'approved to go without greenroom.yaml' };
  const reason = 'this change deletes greenroom.yaml; a person with write permission must approve this commit';
  return { kind: 'gated', reason };
}

function withBaseRequired(suite: SuiteConfig, base: SuiteConfig | undefined): SuiteConfig {
  return base && standsFor(suite, base) ? { ...suite, required: base.required } : suite;
}

/** Neither a suite of another kind nor our starter of the same name stands for one that the repository wrote. */
function standsFor(suite: SuiteConfig, base: SuiteConfig): boolean {
  if (suite.name !== base.name || suite.kind !== base.kind) return false;
  return isStarter(base) || !isStarter(suite);
}

/** Only suites that the base's file names can be lacking: starters give way to a repository's own. */
export function lackingRequired(base: RepositoryConfig, suites: SuiteConfig[]): string[] {
  const present = (wanted: SuiteConfig): boolean => suites.some((suite) => standsFor(suite, wanted));
  return base.suites.filter((suite) => suite.required && !present(suite)).map((suite) => suite.name);
}

function isModified(suite: SuiteConfig, base: Map<string, SuiteConfig>, changedFiles: readonly string[]): boolean {
  return !isDeepStrictEqual(suite, base.get(suite.name)) || touches(suite, changedFiles);
}

export function touches(suite: SuiteConfig, changedFiles: readonly string[]): boolean {
  const path = suite.path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  return changedFiles.some((file) => path === '.' || file === path || file.startsWith(`${path}/`));
}
