import { stripVTControlCharacters } from 'node:util';

/** Characters that reorder or hide text: bidi controls, zero widths, line and paragraph separators, tags, other controls. */
const treacherous = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Stops a link, mention or reference from being made where only text was meant; renders as nothing. */
const breaker = '&#8203;';

/** Text that a change wrote, without ANSI, control and bidi characters. Newlines and tabs stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replace(/\r\n?/g, '\n').toWellFormed()).replace(treacherous, '');
}

/** The same on one line, cut to `max` characters. */
export function plainLine(text: string, max = 300): string {
  return clip(plainText(text).replace(/\s+/g, ' ').trim(), max);
}

/** The first `max` characters (code points), with an ellipsis where something is missing. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, Math.max(0, max - 1)).join('')}…`;
}

/**
 * Text that a change wrote, as one line of GitHub Markdown that reads as it was written: no markup, no HTML, no mention
 * (`@user`), no reference (`#12`, `GH-12`, and Gitea's `!12`), no link. Fits in a table's cell.
 */
export function escapeMarkdown(text: string, max = 300): string {
  return plainLine(text, max)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#+\-.!|~=:$^"']/g, escapeCharacter)
    .replace(/@/g, `@${breaker}`)
    .replace(/\b(GH)(?=\\-\d)/gi, `$1${breaker}`)
    .replace(/\b(www)(?=\\\.)/gi, `$1${breaker}`);
}

/** `#`, `!`, `:` and `.` make references and links even when escaped. */
function escapeCharacter(character: string): string {
  if (/[#!:]/.test(character)) return `\\${character}${breaker}`;
  return /["'$^=]/.test(character) ? character : `\\${character}`;
}

/** Text that a change wrote, as inline code on one line; safe in a table's cell as well. */
export function codeSpan(text: string, max = 200): string {
  const line = plainLine(text, max).replace(/\|/g, '¦');
  if (line === '') return '';
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A fence that nothing inside `lines` can close. */
export function fenceFor(lines: readonly string[]): string {
  const longest = lines.reduce((most, line) => Math.max(most, longestRun(line)), 0);
  return '`'.repeat(Math.max(3, longest + 1));
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].slice(0, 10_000).map((match) => match[0].length));
}
