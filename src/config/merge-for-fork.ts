import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../errors.ts';
import { type ConfigSides, lackingRequired, type MergedConfig, touches, withoutHead } from './merge-base-config.ts';
import { suitesOf } from './starter-suites.ts';

export type ForkConfig =
  | MergedConfig
  /** The base's own file cannot be used: no change from a fork can be tested, and none can cure it. */
  | { kind: 'base-invalid'; problems: Problem[] };

/**
 * What a change from a fork is tested by: the base's `greenroom.yaml` alone. Its own says only whether the change would take a
 * gate away or break the file, were it merged (DESIGN, rule 5). PURE.
 */
export function mergeForFork({ base, head, changedFiles, approved }: ConfigSides): ForkConfig {
  if (base === null) {
    const reason = 'the base branch has no greenroom.yaml, and that of a fork decides nothing';
    return { kind: 'not-configured', reason };
  }
  if ('problems' in base) return { kind: 'base-invalid', problems: base.problems };
  if (head === null) return withoutHead(base, approved);
  if ('problems' in head) return { kind: 'invalid', problems: head.problems };
  const { config } = base;
  const suites = suitesOf(config);
  const lacking = lackingRequired(config, suitesOf(head.config));
  const missing = lacking.map((name) => `"${name}"`).join(', ');
  const isOther = !isDeepStrictEqual(config, head.config);
  return {
    kind: 'run',
    config: { ...config, suites },
    decidedBy: 'base',
    modified: suites.filter((suite) => touches(suite, changedFiles)).map((suite) => suite.name),
    missingRequired: approved ? [] : lacking,
    notes: [
      ...(isOther ? ['the greenroom.yaml of the base branch decides, not the one of this fork'] : []),
      ...(approved && lacking.length > 0 ? [`approved to go without the required ${missing}`] : []),
    ],
  };
}
