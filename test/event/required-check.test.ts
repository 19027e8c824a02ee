import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../src/event/decide.ts';
import type { DecideContext } from '../../src/event/decision.ts';
import type { ForgeEvent } from '../../src/event/event.ts';
import { ref as change, entry, head, older } from './a-context.ts';

/** Everything that shows a head to us. */
const event = fc.constantFrom<ForgeEvent>(
  { kind: 'change-opened', change, headSha: head, draft: false, how: 'opened' },
  { kind: 'change-opened', change, headSha: head, draft: false, how: 'reopened' },
  { kind: 'change-opened', change, headSha: head, draft: false, how: 'ready-for-review' },
  { kind: 'head-moved', change, headSha: head, draft: true },
  { kind: 'head-moved', change, headSha: head, draft: false, baseChanged: true },
  { kind: 'queue-entered', entry, headSha: head, baseSha: older },
);

const run = fc.record({
  id: fc.constantFrom('r1', 'r2'),
  headSha: fc.constantFrom(head, older),
  generation: fc.integer({ min: 1, max: 3 }),
  kept: fc.boolean(),
  ending: fc.boolean(),
});

const context: fc.Arbitrary<DecideContext> = fc.record({
  change: fc.record({
    open: fc.constant(true),
    draft: fc.boolean(),
    headSha: fc.constant(head),
    baseRef: fc.constantFrom('main', 'next'),
    author: fc.constantFrom('ann', 'dependabot[bot]'),
    trusted: fc.boolean(),
  }),
  liveRuns: fc.array(run, { maxLength: 2 }),
  validatedShas: fc.subarray([head, older]),
  newestGeneration: fc.integer({ min: 0, max: 3 }),
  newestHeadSha: fc.constantFrom(head, older, null),
  config: fc.constantFrom(
    { kind: 'none' as const },
    { kind: 'invalid' as const },
    {
      kind: 'present' as const,
      triggers: { branches: ['main'], 'paths-ignore': ['docs/**'], drafts: 'skip' as const },
      suites: ['smoke'],
    },
  ),
  changedFiles: fc.constantFrom(['docs/a.md'], ['src/a.ts'], []),
  greenSuites: fc.constant([]),
  pressedGeneration: fc.constant(null),
  approvals: fc.record({ fork: fc.constantFrom('ann', null), gate: fc.constantFrom('ann', null) }),
  gated: fc.boolean(),
  handledComments: fc.constant(new Set<string>()),
  permission: fc.constantFrom('none' as const, 'read' as const, 'write' as const),
});

test('an open head that shows is spoken of: by a run of its own, or by the one that tests it or has tested it', () => {
  fc.assert(
    fc.property(event, context, (happened, given) => {
      const decision = decide(happened, given);
      const isSpokenOf = 'headSha' in decision && decision.headSha === head;
      const isAtWork = given.liveRuns.some((live) => live.headSha === head && !live.kept && !live.ending);
      const isTested = given.validatedShas.includes(head) && given.newestHeadSha === head;
      expect(isSpokenOf || (decision.kind === 'ignore' && (isAtWork || isTested))).toBe(true);
    }),
    { numRuns: 500 },
  );
});
