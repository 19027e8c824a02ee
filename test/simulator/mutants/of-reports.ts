import type { Mutant } from './mutant.ts';

/** Slips in who speaks on the forge, and whether they are heard. */
export const ofReports: readonly Mutant[] = [
  {
    name: 'conclude-before-newer',
    slip: 'an older run concludes its commit although a newer one speaks on it',
    edits: [
      {
        file: 'src/report/who-speaks.ts',
        find: '{ checks: newest.headSha !== run.headSha && run.generation >= newest.generationHere, comment: false }',
        put: '{ checks: true, comment: false }',
      },
      {
        file: 'src/report/publish-to-forge.ts',
        find: '    if (known && known.generation > generation) return;\n',
        put: '',
      },
    ],
  },
  {
    name: 'older-run-comments',
    slip: 'an older run writes its end into the comment of the newer one',
    edits: [
      {
        file: 'src/report/who-speaks.ts',
        find: 'comment: false };',
        put: 'comment: true };',
      },
    ],
  },
  {
    name: 'watchdog-asleep',
    slip: 'nobody looks for verdicts that the forge has not heard',
    edits: [
      {
        file: 'src/runner/reconcile.ts',
        find: '  if (untold.length === 0) return 0;',
        put: '  if (untold.length >= 0) return 0;',
      },
    ],
  },
  {
    name: 'siblings-unheard',
    slip: 'changes with one head write their own word over the graver one of the other',
    edits: [
      {
        file: 'src/report/who-speaks.ts',
        find: "  if (check.name !== 'greenroom' || check.conclusion === null) return check;",
        put: "  if (check.name !== 'greenroom' || check.conclusion !== '') return check;",
      },
    ],
  },
  {
    name: 'commits-not-looked-at',
    slip: 'nobody reads the checks on a commit again',
    edits: [
      {
        file: 'src/runner/verify-checks.ts',
        find: '    if (voices.size === 0) return 0;',
        put: '    if (voices.size >= 0) return 0;',
      },
    ],
  },
  {
    name: 'comment-of-each-run',
    slip: 'the comment is looked for by its run, not by its change',
    edits: [
      {
        file: 'src/report/comment.ts',
        find: 'const marker = `<!-- greenroom:${context.changeId} `;',
        put: 'const marker = `<!-- greenroom:${document.run.id} `;',
      },
      {
        file: 'src/runner/forge-memory.ts',
        find: 'commentOf: async (changeId) => (await changeById(store, changeId))?.commentId ?? null,',
        put: 'commentOf: async () => null,',
      },
    ],
  },
  {
    name: 'suites-left-spinning',
    slip: 'checks of suites that the newer run did not repeat stay as they are',
    edits: [
      {
        file: 'src/report/publish-to-forge.ts',
        find: '    if (run.document.verdict !== null) writes.push(() => this.#endAbandoned(telling, context, names));\n',
        put: '',
      },
      {
        file: 'src/runner/verify-checks.ts',
        find: '  return isOver ? null : renderAbandoned(',
        put: '  return isOver || own !== undefined ? null : renderAbandoned(',
      },
    ],
  },
];
