import { countWords } from '../verdict/conclusion.ts';
import type { TeardownRecord, VerdictDocument } from '../verdict/verdict-document.ts';
import { type Block, codeBlock, list, paragraph, table } from './blocks.ts';
import { codeSpan, escapeMarkdown } from './escape.ts';
import type { ReportContext } from './report-context.ts';
import { instantWords, signed, timeWords } from './words.ts';

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
      return [paragraph(`Receipt: ${what}${time}.`), ...aftermath(teardown)];
    }
    case 'kept':
      return [paragraph(keptWords(teardown, keepUntil))];
    case 'blocked': {
      const gone = `Receipt: **not everything is gone**, ${resources.gone} of ${resources.created} resources${time}. It is tried again until it is. Blocked by:`;
      return [paragraph(gone), list(blockedBy.map((line) => codeSpan(line, 400))), ...aftermath(teardown)];
    }
    default:
      return status satisfies never;
  }
}

function keptWords({ kept }: TeardownRecord, keepUntil: string | null): string {
  const known = keepUntil === null ? '' : ` until ${escapeMarkdown(keepUntil)}`;
  const until = kept === undefined ? known : ` until ${instantWords(kept.until)}`;
  const words = `Receipt: kept${until}; torn down after that.`;
  if (kept === undefined) return words;
  if (kept.longestMs === null)
    return `${words} ${codeSpan('/greenroom keep 1h')} keeps it for an hour from when you say it.`;
  return `${words} Not longer: an environment lives at most ${timeWords(kept.longestMs)} here.`;
}

function aftermath({ volumesLeft = [], strippedFinalizers = [] }: TeardownRecord): Block[] {
  const lines = (words: string, items: string[]) =>
    items.length === 0 ? [] : [paragraph(words), list(items.map((item) => codeSpan(item, 400)))];
  return [
    ...lines('Volumes that outlive it:', volumesLeft),
    ...lines('Stripped of their finalizers, as an operator asked:', strippedFinalizers),
  ];
}

/** Above all else that is said. */
export function warningBlocks({ warning }: ReportContext): Block[] {
  return warning ? [paragraph(`> ⚠️ **${escapeMarkdown(warning.text, 600)}**`)] : [];
}
