import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { renderMarkdown } from './markdown.ts';
import { pullPageStyle } from './pull-page-style.ts';
import { type CheckRun, type Comment, fullNameOf, type PullRequest, type World } from './world.ts';

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A pull request for people: title, conversation, and its newest checks with what they say. */
export function pullPage(world: World, pull: PullRequest): Html {
  const checks = newestChecks(world, pull);
  const comments = world.comments.filter((comment) => comment.pull === pull);
  const state = pull.mergedAt ? 'merged' : pull.open ? (pull.draft ? 'draft' : 'open') : 'closed';
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${pull.title} · Pull Request #${pull.number} · ${fullNameOf(pull.repository)}</title>
<style>${raw(pullPageStyle)}</style>
</head>
<body>
<header>
<p class="repository">${pull.repository.owner.login} / <strong>${pull.repository.name}</strong></p>
<h1>${pull.title} <span class="number">#${pull.number}</span></h1>
<p><span class="state ${state}">${state}</span>
<strong>${pull.user.login}</strong> wants to merge
<code>${pull.head.repository === pull.repository ? '' : `${pull.head.repository?.owner.login ?? 'unknown'}:`}${pull.head.ref}</code>
into <code>${pull.base.ref}</code> at <code>${pull.head.sha.slice(0, 7)}</code></p>
</header>
<main>
${pull.body === '' ? '' : entry(pull.user.login, pull.createdAt, pull.body, '')}
${comments.map((comment) => entry(comment.user.login, comment.createdAt, comment.body, reactionsOf(world, comment)))}
${checksBox(checks)}
</main>
</body>
</html>`;
}

function newestChecks(world: World, pull: PullRequest): CheckRun[] {
  const ofHead = world.checks.filter(
    (check) => check.repository === pull.repository && check.headSha === pull.head.sha,
  );
  return [...new Map(ofHead.map((check) => [check.name, check])).values()].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
}

function entry(login: string, at: string, body: string, below: Html | string): Html {
  const isBot = login.endsWith('[bot]');
  return html`<article>
<h2><span class="avatar ${isBot ? 'bot' : ''}">${login.charAt(0).toUpperCase()}</span>
<strong>${login.replace('[bot]', '')}</strong>${isBot ? html`<span class="badge">bot</span>` : ''}
<time datetime="${at}">${at.replace('T', ' ').replace('Z', ' UTC')}</time></h2>
<div class="markdown">${raw(renderMarkdown(body))}</div>
${below}
</article>`;
}

/** In words: many machines without a desktop have no font with emoji. */
function reactionsOf(world: World, comment: Comment): Html | string {
  const contents = world.reactions.filter(({ commentId }) => commentId === comment.id).map(({ content }) => content);
  if (contents.length === 0) return '';
  const counted = [...new Set(contents)].map((content) => ({
    content,
    count: contents.filter((one) => one === content).length,
  }));
  return html`<p class="reactions">${counted.map(({ content, count }) => html`<span>${content} ${count}</span>`)}</p>`;
}

function checksBox(checks: CheckRun[]): Html | string {
  if (checks.length === 0) return html`<section class="checks"><h2>No checks yet</h2></section>`;
  return html`<section class="checks">
<h2>${headline(checks)}</h2>
${checks.map((check) => checkRow(check))}
</section>`;
}

function headline(checks: CheckRun[]): string {
  if (checks.some((check) => check.status !== 'completed')) return "Some checks haven't completed yet";
  const passing = new Set(['success', 'neutral', 'skipped']);
  return checks.every((check) => passing.has(check.conclusion ?? ''))
    ? 'All checks have passed'
    : 'Some checks were not successful';
}

function checkRow(check: CheckRun): Html {
  const word = check.conclusion ?? check.status;
  return html`<details>
<summary><span class="mark ${word}" role="img" aria-label="${word.replaceAll('_', ' ')}"></span>
<strong>${check.name}</strong> <span class="title">${check.title ?? word.replaceAll('_', ' ')}</span>
${check.detailsUrl === null ? '' : html`<a href="${check.detailsUrl}">Details</a>`}</summary>
<div class="markdown">
${raw(renderMarkdown(check.summary ?? ''))}
${raw(renderMarkdown(check.text ?? ''))}
</div>
${check.annotations.map(
  (annotation) => html`<div class="annotation ${annotation.annotation_level}">
<p><code>${annotation.path}:${annotation.start_line}</code> ${annotation.title ?? ''}</p>
<pre>${annotation.message}</pre></div>`,
)}
</details>`;
}
