import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, codeSpan, escapeMarkdown, fenceFor, plainText } from '../../src/report/escape.ts';

test.each([
  ['markup', '**bold** _it_ `code` ~~no~~', '\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~'],
  ['HTML', '<img src=x onerror=alert(1)>&amp;', '&lt;img src=x onerror=alert\\(1\\)&gt;&amp;amp;'],
  ['a mention', '@octocat', '@&#8203;octocat'],
  ['a reference', 'o/r#12 GH-12', 'o/r\\#&#8203;12 GH&#8203;\\-12'],
  ["a reference of Gitea's", 'o/r!12', 'o/r\\!&#8203;12'],
  ['a link', 'see https://evil.test www.evil.test', 'see https\\:&#8203;//evil\\.test www&#8203;\\.evil\\.test'],
  ['a Markdown link', '[a](b)', '\\[a\\]\\(b\\)'],
  ['a cell’s end', 'a | b', 'a \\| b'],
  ['several lines', 'a\r\n# b\n\n- c', 'a \\#&#8203; b \\- c'],
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['a text that turns around', 'a\u202egpj.exe', 'agpj\\.exe'],
  ['invisible characters', 'a\u200bb\ufeff\u0000c', 'abc'],
])('%s is shown as it was written', (_, text, expected) => {
  expect(escapeMarkdown(text)).toBe(expected);
});

describe('whatever the text,', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          '@a',
          '#1',
          '|',
          '`',
          '``',
          '<b>',
          '\n',
          '\u001b[1m',
          '\u202e',
          '\\',
          '![x](y)',
          'https://x.y',
          '\ud800',
        ),
        { maxLength: 30 },
      )
      .map((parts) => parts.join('')),
  );

  test('nothing in an escaped line is markup, a mention, a reference or a link', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const escaped = escapeMarkdown(text);
        const left = escaped.replace(/\\[\\`*_{}[\]()#+\-.!|~:]/g, '').replace(/&(#8203|lt|gt|amp);/g, '');

        expect(left).not.toMatch(/[\\`*_{}[\]#|~<>&:\n\r]/);
        expect(escaped).not.toMatch(/@(?!&#8203;)|[\p{Cc}\p{Bidi_C}]/u);
        expect(escaped.isWellFormed()).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('inline code cannot be left, nor a cell', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const span = codeSpan(text);
        if (span === '') return;
        const fence = /^`+/.exec(span)?.[0] ?? '';
        const inside = span.slice(fence.length, -fence.length);

        expect(span.endsWith(fence)).toBe(true);
        expect([...inside.matchAll(/`+/g)].map((run) => run[0].length)).not.toContain(fence.length);
        expect(span).not.toMatch(/[|\n\r]/);
      }),
      { numRuns: 1000 },
    );
  });

  test('no line can close the fence around it', () => {
    fc.assert(
      fc.property(fc.array(nasty), (texts) => {
        const lines = texts.flatMap((text) => plainText(text).split('\n'));
        const fence = fenceFor(lines);

        expect(lines.some((line) => line.includes(fence))).toBe(false);
      }),
    );
  });

  test('a clipped text is never longer than asked, and whole characters only', () => {
    fc.assert(
      fc.property(nasty, fc.nat(50), (text, max) => {
        expect([...clip(text.toWellFormed(), max)].length).toBeLessThanOrEqual(Math.max(1, max));
        expect(clip(text.toWellFormed(), max).isWellFormed()).toBe(true);
      }),
    );
  });
});
