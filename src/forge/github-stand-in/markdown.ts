import { Marked, type Tokens } from 'marked';

/** The few elements that GitHub's comments are written with; everything else of raw HTML is shown as text. */
const allowedTag = /^<\/?(?:details|summary|sub|sup|kbd|br)\s*\/?>$|^<details open>$/i;
const allowedAddress = /^(?:https?:\/\/|mailto:|#|\/(?!\/))/i;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => allowedHtml(text),
    link({ href, tokens }: Tokens.Link) {
      const label = this.parser.parseInline(tokens);
      return allowedAddress.test(href) ? `<a href="${escapeHtml(href)}" rel="nofollow">${label}</a>` : label;
    },
    image({ href, text }: Tokens.Image) {
      return allowedAddress.test(href) ? `<img src="${escapeHtml(href)}" alt="${escapeHtml(text)}">` : escapeHtml(text);
    },
  },
});

/** GitHub-flavoured Markdown as HTML that is safe to show, whoever wrote it. */
export function renderMarkdown(markdown: string): string {
  return marked.parse(markdown, { async: false });
}

/** A run of raw HTML, tag by tag; comments vanish, as on GitHub. */
function allowedHtml(html: string): string {
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .split(/(<[^<>]*>)/)
    .map((part) => (allowedTag.test(part) ? part : escapeHtml(part)))
    .join('');
}
