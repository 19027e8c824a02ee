import { countWords } from '../verdict/conclusion.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';
import { type Block, codeBlock, list, paragraph, table } from './blocks.ts';
import { codeSpan, escapeMarkdown } from './escape.ts';
import { signed, timeWords } from './words.ts';

export function phaseTable({ phases }: VerdictDocument): Block {
  const rows = phases
    .filter((phase) => phase.name !== 'done' && phase.status !== 'skipped')
    .map((phase) => [phase.name, signed(phase.status), timeWords(phase.durationMs)]);
  return table(['Phase', '', 'Time'], rows, ['', '', 'right']);
}

export function suiteTable({ suites }: VerdictDocument): Block[] {
  if (suites.length === 0) return [];
  const rows = suites.map((suite) => {
    const marks = [...(suite.required ? [] : ['not required']), ...(suite.modified ? ['**modified**'] : [])];
    const name = `${codeSpan(suite.name)} ${suite.kind}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
    const live = suite.status === 'pending' || suite.status === 'running';
    const what = suite.failure ? suite.failure.message : live ? '' : countWords(suite);
    return [name, signed(suite.status), escapeMarkdown(what, 160), timeWords(suite.durationMs)];
  });
  return [table(['Suite', '', 'What', 'Time'], rows, ['', '', '', 'right'])];
}

/** Whose fault it is, what shows it, and what to do; the message itself is the run's reason. */
export function failureBlocks({ failure }: VerdictDocument): Block[] {
  if (!failure) return [];
  const blocks = [paragraph(`Whose fault: **${failure.class}** (${codeSpan(failure.code)})`)];
  if (failure.evidence.length > 0) blocks.push(codeBlock(failure.evidence, 25));
  blocks.push(paragraph(`What to do: ${escapeMarkdown(failure.remedy, 500)}`));
  return blocks;
}

/** The receipt: what was created and is proven gone, or what blocks it. */
export function receiptBlocks({ teardown, environment }: VerdictDocument, keepUntil: string | null): Block[] {
  const { status, resources, durationMs, blockedBy } = teardown;
  const time = durationMs === null ? '' : ` in ${timeWords(durationMs)}`;
  switch (status) {
    case 'pending':
      return environment ? [paragraph('Receipt: the environment is still up; its teardown is promised.')] : [];
    case 'gone': {
      const what =
        resources.created === 0 ? 'nothing was created' : `${resources.gone} of ${resources.created} resources gone`;
      return [paragraph(`Receipt: ${what}${time}.`)];
    }
    case 'kept':
      return [
        paragraph(
          `Receipt: kept${keepUntil === null ? '' : ` until ${escapeMarkdown(keepUntil)}`}; torn down after that.`,
        ),
      ];
    case 'blocked': {
      const gone = `Receipt: **not everything is gone**, ${resources.gone} of ${resources.created} resources${time}. Blocked by:`;
      return [paragraph(gone), list(blockedBy.map((line) => codeSpan(line, 300)))];
    }
    default:
      return status satisfies never;
  }
}
