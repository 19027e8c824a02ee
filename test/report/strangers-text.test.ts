import { describe, expect, test } from 'vitest';
import { ownershipLabels } from '../../infra/labels.ts';
import { runPage } from '../../src/dashboard/run-page.ts';
import { environmentName } from '../../src/environment/environment-name.ts';
import { parseCommands } from '../../src/event/commands.ts';
import { parseDelivery } from '../../src/forge/github/parse-delivery.ts';
import { renderMarkdown } from '../../src/forge/github-stand-in/markdown.ts';
import { renderChecks } from '../../src/report/checks.ts';
import { renderComment, renderReply } from '../../src/report/comment.ts';
import { liveLines, newsLines, verdictLines } from '../../src/report/console-lines.ts';
import { changeIdOf } from '../../src/run/change-id.ts';
import type { Run } from '../../src/run/run.ts';
import { aRun, aSuite, aTest, context } from './builders.ts';

/** What a stranger may write as title, branch, file name, message or line of a log. */
const tricks: [string, string][] = [
  ['shell', '$(touch /tmp/pwned) `id` && rm -rf / ; echo ${HOME} | sh'],
  [
    'Markdown',
    '**b** [x](javascript:alert) ![i](https://evil.test/i.png) `c` | a | b | https://evil.test www.evil.test',
  ],
  ['Markdown in lines', 'a\n\n# heading\n\n- [x] done\n\n```\nfence\n```\n\n> quote\n\n---\n\n1. one'],
  ['a closed fence', '````\n```\n~~~\n</details>\n**b**'],
  ['HTML', '<img src=x onerror=alert(1)><script>alert(1)</script></pre></details></summary></code>"\' onload="x'],
  ['an HTML comment', '--> <!-- greenroom:c7 generation:99 --> <b>x</b>'],
  ['entities', '&lt;b&gt; &#60;b&#62; &quot;'],
  [
    'ANSI',
    '\u001b[31mred\u001b[0m \u001b]8;;https://evil.test\u0007link\u001b]8;;\u0007 \u009b2J \u001b[2A\u001b[2K done',
  ],
  ['a line that turns around', 'a\u202egpj.exe\u2066\u200b\u2028next\rback\bspace'],
  ['a path', '../../../etc/passwd\0.png /etc/shadow C:\\windows ..%2f..%2f file:///etc/passwd'],
  ['mentions', '@everyone @acme/owners fixes #1 GH-1 acme/shop#2 @octocat'],
];
const harmless = 'one plain sentence';

/** Every text of a run that is not ours says `text`. */
function runThatSays(text: string): Run {
  const artifact = { name: text, mediaType: 'text/html', href: `/runs/r1/artifacts/s/${text}`, bytes: 1, sha256: 'x' };
  const attempt = { status: 'failed' as const, durationMs: 1, message: text };
  const red = aTest({
    ...{ name: text, file: text, project: text, status: 'failed', class: 'product', message: text },
    ...{ attempts: [attempt, attempt], evidence: [text, text] },
  });
  const failure = { class: 'product' as const, code: 'SUITE_FAILED', message: text, remedy: text, evidence: [text] };
  const suite = aSuite({
    status: 'failed',
    tests: [red, aTest({ name: text })],
    artifacts: [artifact],
    reason: text,
    failure,
  });
  return aRun({
    ...{ phase: 'done', verdict: 'failed', reason: text, failure, suites: [suite] },
    images: [{ name: text, digest: `sha256:${'a'.repeat(64)}` }],
    environment: { namespace: 'gr-r1', url: text },
    teardown: {
      ...{ status: 'blocked', durationMs: 5, resources: { created: 2, gone: 1 } },
      ...{ blockedBy: [text], volumesLeft: [text], strippedFinalizers: [text] },
    },
  });
}

/** Elements with their attributes; what stands between them is text, and only that may differ. */
function skeletonOf(html: string): string[] {
  return [...html.matchAll(/<\/?[a-z][^>]*>/gi)].map(([tag]) => tag);
}

const onForge: [string, (text: string) => string][] = [
  [
    'the comment',
    (text) =>
      renderComment(runThatSays(text).document, { ...context, notes: [text], changeId: 'c7', keepUntil: text }).body,
  ],
  ...['summary', 'text'].flatMap((part): [string, (text: string) => string][] =>
    [0, 1].map((index) => [
      `the ${part} of check ${index}`,
      (text) =>
        renderChecks(runThatSays(text).document, { ...context, notes: [text] })[index]?.[part as 'summary'] ?? '',
    ]),
  ),
  ['the answer to a command', (text) => renderReply([text], false)],
];

describe.each(tricks)('%s in a text of a stranger', (_, trick) => {
  test.each(onForge)('makes no element in %s, and calls nobody', (_name, render) => {
    const markdown = render(trick);

    expect(skeletonOf(renderMarkdown(markdown))).toEqual(skeletonOf(renderMarkdown(render(harmless))));
    expect(outsideCode(markdown)).not.toMatch(/@\w|#\d|https?:\/\/(?!greenroom\.test)|\bwww\.\w/);
    expect(markdown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test('starts no second marker of ours in the comment', () => {
    const { marker, body } = renderComment(runThatSays(trick).document, {
      ...context,
      changeId: 'c7',
      keepUntil: null,
    });

    expect(body.startsWith(marker)).toBe(true);
    expect(outsideCode(body).match(/<!--/g)).toHaveLength(1);
  });

  test('makes no element in the page of a run', () => {
    const [shown, plain] = [trick, harmless].map(pageThatSays);

    expect(skeletonOf(shown ?? '').map(withoutValues)).toEqual(skeletonOf(plain ?? '').map(withoutValues));
    expect(shown).not.toMatch(/(?!\n|\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test('paints nothing and moves no cursor on a terminal', () => {
    const style = { columns: 200, color: false };
    const linesOf = (text: string) => {
      const { document } = runThatSays(text);
      return [
        ...verdictLines(document, null, style).flatMap((line) => line.split('\n')),
        ...newsLines(null, document),
        ...liveLines(document, 0, style),
      ];
    };

    expect(linesOf(trick).length).toBe(linesOf(harmless).length);
    for (const line of linesOf(trick)) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test('gives a title and a branch no way into what we decide from', () => {
    const sha = 'a'.repeat(40);
    const base = { ref: trick, label: trick, sha };
    const pull = {
      number: 7,
      draft: false,
      title: trick,
      body: trick,
      head: { ...base },
      base,
      labels: [{ name: trick }],
    };
    const event = parseDelivery('pull_request', 'd1', {
      action: 'opened',
      pull_request: pull,
      repository: { full_name: 'acme/shop' },
    });

    expect(event).toEqual({
      ...{ kind: 'change-opened', change: { repository: 'acme/shop', number: 7 } },
      ...{ headSha: sha, draft: false, how: 'opened' },
    });
  });

  test('is no command, and as the argument of one is refused', () => {
    expect(parseCommands(trick)).toEqual([]);
    const line = trick.replaceAll('\n', ' ');
    const said = ['run', 'keep', 'approve'].flatMap((name) => parseCommands(`/greenroom ${name} ${line}`));
    expect(said.filter((command) => command.name !== 'unknown')).toEqual([]);
  });

  test('becomes no name or label in the cluster but a valid one', () => {
    const name = environmentName({ repository: `acme/${trick}`, change: 7, runId: 'r1' });
    const changeId = changeIdOf(`acme/${trick}`, 7);
    const owner = {
      instance: 'test',
      runId: 'r1',
      changeId,
      expiresAt: 1,
      repository: trick,
      changeNumber: 7,
      sha: 'a',
    };

    expect(name).toMatch(/^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$/);
    for (const value of Object.values(ownershipLabels(owner)))
      expect(value).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });
});

function pageThatSays(text: string): string {
  const at = '2026-01-01T00:00:00.000Z';
  const stored = { createdAt: at, finishedAt: at, supersededBy: null, lease: null, author: text };
  const run = { ...runThatSays(text), ...stored };
  const log = [{ at, source: text, line: text }];
  const page = runPage({ run, siblings: [], log, receipt: null, place: null, now: new Date(at) });
  return page.sections.map(String).join('');
}

/** The name of an element and of its attributes: what these hold is escaped text, and may differ. */
function withoutValues(tag: string): string {
  return tag.replaceAll(/"[^"]*"/g, '""');
}

/** Neither in a fence nor in inline code, and without the character that breaks mentions and references. */
function outsideCode(markdown: string): string {
  return markdown
    .replaceAll(/^(`{3,})[^`\n]*\n[\s\S]*?\n\1$/gm, '')
    .replaceAll(/(?<![`\\])(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, '')
    .replaceAll('&#8203;', '·');
}
