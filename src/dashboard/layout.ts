import { createHash } from 'node:crypto';
import { liveScript } from './live-script.ts';
import { html, Markup } from './markup.ts';
import { style } from './style.ts';

export interface Page {
  title: string;
  /** Sections, the direct children of `main`; the live script replaces them one by one. */
  sections: Markup[];
  /** Where the live page is fetched again; null when nothing on it can change any more. */
  live: string | null;
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing from elsewhere, no script and no style but these two: what a change wrote stays text even where escaping failed. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(liveScript)}`,
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  // Signing in; its answer is an address of ours.
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%23137a3d'/%3E%3Crect x='5' y='3.5' width='6' height='9' fill='%23fff'/%3E%3C/svg%3E";

export function renderPage({ title, sections, live }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${new Markup(icon)}">
<style>${new Markup(style)}</style>
${live !== null && html`<noscript><meta http-equiv="refresh" content="5"></noscript>`}
</head>
<body>
<header class="top"><div class="wrap">
<a class="brand" href="/">${mark} Greenroom</a>
${live !== null && html`<span class="live">live</span>`}
</div></header>
<div class="wrap">
<main${live !== null && html` data-live="${live}"`}>${sections}</main>
</div>
<script>${new Markup(liveScript)}</script>
</body>
</html>
`.toString();
}

const mark = html`<svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true"><path fill="currentColor" fill-rule="evenodd" d="M4 0h8a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4Zm1 3.5v9h6v-9Z"/></svg>`;
