import { plainText } from '../report/escape.ts';

/** Text that is HTML already. Only `html` makes it, so that nothing else is ever taken for markup. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Part = Markup | string | number | null | undefined | false | readonly Part[];

/** A template whose values are escaped, for text and for quoted attributes; `null`, `undefined` and `false` are nothing. */
export function html(fixed: TemplateStringsArray, ...values: Part[]): Markup {
  let text = fixed[0] ?? '';
  for (const [index, value] of values.entries()) text += render(value) + (fixed[index + 1] ?? '');
  return new Markup(text);
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Markup) return part.toString();
  if (typeof part === 'object') return part.map(render).join('');
  return escapeHtml(String(part));
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Control and bidi characters go too: they make a line read as what it is not. */
function escapeHtml(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
