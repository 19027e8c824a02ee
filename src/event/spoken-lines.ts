/**
 * The lines of a Markdown comment that a person speaks in their own words: not fenced, indented or inline code, not a
 * quote (nor its lazy continuation), not inside an HTML comment or a block such as `<pre>`. Where Markdown is
 * ambiguous a line counts as not spoken. PURE.
 */
export function spokenLines(body: string): string[] {
  const spoken: string[] = [];
  let paragraph: string[] = [];
  let until: Closing | null = null;
  let quoting = false;
  const endParagraph = (): void => {
    spoken.push(...outsideCodeSpans(paragraph));
    paragraph = [];
  };
  for (const line of body.split(/\r\n|\n|\r/)) {
    if (until) {
      if (until(line)) until = null;
      continue;
    }
    // Of all that looks empty only this ends a paragraph, and a quote with it.
    if (/^[ \t]*$/.test(line)) {
      endParagraph();
      quoting = false;
      continue;
    }
    const fence = openingFence(line);
    const block = fence ? null : openingBlock(line);
    if (fence || block) endParagraph();
    if (fence) until = fence;
    else if (block) until = block.stillOpen;
    else if (/^ {0,3}>/.test(line)) quoting = true;
    else if (!quoting) paragraph.push(line);
  }
  endParagraph();
  return spoken;
}

/** Says whether a line ends what was opened. */
type Closing = (line: string) => boolean;

function openingFence(line: string): Closing | null {
  // A fence may open inside list items and quotes.
  const match = /^(?:\s|>|[-*+]\s|\d{1,9}[.)]\s)*(`{3,}|~{3,})(.*)$/s.exec(line);
  const [, fence = '', info = ''] = match ?? [];
  if (!match || (fence.startsWith('`') && info.includes('`'))) return null;
  return (candidate) => {
    const closing = /^[\s>]*(`{3,}|~{3,})\s*$/.exec(candidate)?.[1];
    return closing !== undefined && closing[0] === fence[0] && closing.length >= fence.length;
  };
}

/** HTML whose inside is not speech. The line that opens it is not speech either. */
function openingBlock(line: string): { stillOpen: Closing | null } | null {
  const match = /<!--|<(pre|code|script|style|textarea|blockquote|samp|kbd)\b/i.exec(line);
  if (!match) return null;
  const end = match[1] === undefined ? '-->' : `</${match[1].toLowerCase()}`;
  const closes: Closing = (text) => text.toLowerCase().includes(end);
  return { stillOpen: closes(line.slice(match.index + 2)) ? null : closes };
}

/** Lines of a paragraph that do not begin inside inline code, which may run over several lines. Anybody may write it: one pass. */
function outsideCodeSpans(paragraph: string[]): string[] {
  const inside = codeSpans(paragraph.join('\n'));
  let offset = 0;
  let span = 0;
  return paragraph.filter((line) => {
    const start = offset;
    offset += line.length + 1;
    while ((inside[span]?.to ?? Number.POSITIVE_INFINITY) <= start) span += 1;
    return (inside[span]?.from ?? Number.POSITIVE_INFINITY) > start;
  });
}

/** In order; none overlaps another. */
function codeSpans(text: string): { from: number; to: number }[] {
  const runs = [...text.matchAll(/`+/g)].map((match) => ({ at: match.index, length: match[0].length }));
  const closings = closingsOf(runs);
  const spans: { from: number; to: number }[] = [];
  for (let index = 0; index < runs.length; index++) {
    const opening = runs[index];
    const closing = closings[index];
    const end = closing === undefined ? undefined : runs[closing];
    if (!opening || !end || closing === undefined) continue;
    spans.push({ from: opening.at, to: end.at + end.length });
    index = closing;
  }
  return spans;
}

/** For each run of backticks the next one of the same length. */
function closingsOf(runs: readonly { length: number }[]): (number | undefined)[] {
  const next = new Map<number, number>();
  return runs
    .map(({ length }, index) => ({ length, index }))
    .toReversed()
    .map(({ length, index }) => {
      const closing = next.get(length);
      next.set(length, index);
      return closing;
    })
    .toReversed();
}
