import { fenceFor, plainText } from './escape.ts';

/**
 * A piece of Markdown that may be cut between its items, and nowhere else: `head`, then items, then `tail`, each on its
 * own line. So a cut text never ends inside a table's row, a fence or a `<details>`.
 */
export interface Block {
  head: string;
  items: string[];
  tail: string;
  /** Says how many items are missing; on the line behind the block. */
  missing: (count: number) => string;
}

const nothing = (): string => '';

export function paragraph(text: string): Block {
  return { head: text, items: [], tail: '', missing: nothing };
}

/** Cells are Markdown already. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[], align: string[] = []): Block {
  const rule = columns.map((_, index) => (align[index] === 'right' ? '---:' : '---'));
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const missing = (count: number): string => `… and ${count} more ${count === 1 ? 'row' : 'rows'}.`;
  return { head: `${row(columns)}\n${row(rule)}`, items: rows.map(row), tail: '', missing };
}

export function list(items: readonly string[]): Block {
  return { head: '', items: items.map((item) => `- ${item}`), tail: '', missing: (count) => `- … and ${count} more` };
}

/** Lines that somebody else wrote, shown as they are: bounded, without control characters. */
export function codeBlock(text: string | readonly string[], maxLines = 40, maxColumns = 400): Block {
  const all = plainText(typeof text === 'string' ? text : text.join('\n')).split('\n');
  const shown = all
    .slice(0, maxLines)
    .map((line) => (line.length > maxColumns ? `${line.slice(0, maxColumns - 1).toWellFormed()}…` : line));
  const more = all.length - shown.length;
  const items = more > 0 ? [...shown, `… ${more} more lines`] : shown;
  const fence = fenceFor(items);
  return { head: fence, items, tail: fence, missing: (count) => `… ${count} more ${count === 1 ? 'line' : 'lines'}.` };
}

export function details(summary: string, inside: readonly Block[]): Block {
  const items = inside.map((block) => `${wholeBlock(block)}\n`);
  return {
    head: `<details><summary>${summary}</summary>\n`,
    items,
    tail: '</details>',
    missing: (count) => `… ${count} more parts.`,
  };
}

/** Blocks as one text, a blank line between them. */
export function joinBlocks(blocks: readonly Block[]): string {
  return blocks.map(wholeBlock).join('\n\n');
}

/**
 * As many blocks, in order, as `maxBytes` of UTF-8 hold; the one that does not fit is cut between its items, the rest is
 * left away and `more` (such as a link to the whole) says so. Bytes bound characters, whichever the forge counts.
 * The result never exceeds `maxBytes`, and is empty where not even `more` fits.
 */
export function fitBlocks(blocks: readonly Block[], maxBytes: number, more: string): string {
  const whole = joinBlocks(blocks);
  if (bytesOf(whole) <= maxBytes) return whole;
  const ending = `\n\n${more}`;
  let room = maxBytes - bytesOf(ending);
  if (room < 0) return bytesOf(more) <= maxBytes ? more : '';
  const parts: string[] = [];
  for (const block of blocks) {
    const separator = parts.length === 0 ? 0 : 2;
    const text = wholeBlock(block);
    if (bytesOf(text) + separator <= room) {
      parts.push(text);
      room -= bytesOf(text) + separator;
      continue;
    }
    const part = cutBlock(block, room - separator);
    if (part !== null) parts.push(part);
    break;
  }
  return parts.length === 0 ? more : `${parts.join('\n\n')}${ending}`;
}

function cutBlock(block: Block, maxBytes: number): string | null {
  for (let count = fittingItems(block, maxBytes); count > 0; count--) {
    const missing = block.missing(block.items.length - count);
    const cut = { ...block, items: block.items.slice(0, count) };
    const separator = block.tail === '' && block.head !== '' ? '\n\n' : '\n';
    const text = `${wholeBlock(cut)}${missing === '' ? '' : `${separator}${missing}`}`;
    if (bytesOf(text) <= maxBytes) return text;
  }
  return null;
}

/** An upper bound of the items that fit, found in one pass. */
function fittingItems({ head, items, tail }: Block, maxBytes: number): number {
  let room = maxBytes - bytesOf(head) - bytesOf(tail);
  let count = 0;
  for (const item of items) {
    room -= bytesOf(item) + 1;
    if (room < 0) break;
    count++;
  }
  return Math.min(count, items.length - 1);
}

function wholeBlock({ head, items, tail }: Block): string {
  return [head, ...items, tail]
    .filter((part, index, all) => part !== '' || (index > 0 && index < all.length - 1))
    .join('\n');
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
