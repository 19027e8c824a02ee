import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommands } from '../../src/event/commands.ts';

const redeploy = { name: 'redeploy' };
const sha = '0123456789abcdef0123456789abcdef01234567';

describe('is understood:', () => {
  test.each([
    ['/greenroom redeploy', [redeploy]],
    ['/redeploy', [redeploy]],
    ['/Greenroom  Redeploy  ', [redeploy]],
    ['/greenroom', [{ name: 'help' }]],
    ['/greenroom run browse', [{ name: 'run', suite: 'browse' }]],
    ['/greenroom teardown', [{ name: 'teardown' }]],
    ['/greenroom keep 4h', [{ name: 'keep', durationMs: 14_400_000 }]],
    [`/greenroom approve ${sha.toUpperCase()}`, [{ name: 'approve', sha }]],
    ['Thanks!\n/greenroom redeploy\nand so on', [redeploy]],
    [
      '/greenroom keep 30m\r\n/greenroom run smoke\r\n',
      [
        { name: 'keep', durationMs: 1_800_000 },
        { name: 'run', suite: 'smoke' },
      ],
    ],
    ['/redeploy\n/greenroom redeploy', [redeploy]],
    ['a `code` span\n/redeploy', [redeploy]],
    ['an open ` tick\n/redeploy', [redeploy]],
    ['> quoted\n\n/redeploy', [redeploy]],
    ['```\ncode\n```\n/redeploy', [redeploy]],
    ['<!-- hidden -->\n/redeploy', [redeploy]],
    ['- ```\n  code\n  ```\n\n/redeploy', [redeploy]],
  ])('%j', (body, expected) => {
    expect(parseCommands(body)).toEqual(expected);
  });
});

// Complaints of people whose bots fire by accident: bors-ng#173, prow-github-actions#66, oca-github-bot#82.
describe('commands nothing:', () => {
  test.each([
    ['prose', 'please use /greenroom redeploy for that'],
    ['a space before it', ' /greenroom redeploy'],
    ['another bot’s command', '/retest\n/greenrooms redeploy\n/redeploy staging'],
    ['inline code', '`/greenroom redeploy`'],
    ['inline code over lines', 'see `this\n/greenroom redeploy\nthat` there'],
    ['fenced code', '```\n/greenroom redeploy\n```'],
    ['fenced code with an info string', '```sh\n/greenroom redeploy\n```'],
    ['a fence of tildes that holds backticks', '~~~\n```\n/greenroom redeploy\n~~~'],
    ['a longer fence', '````\n```\n/greenroom redeploy\n````'],
    ['a fence that never ends', '```\n/greenroom redeploy'],
    ['a fence in a list', '1. ```\n   x\n/greenroom redeploy\n   ```'],
    ['a fence in a quote', '> ```\n/greenroom redeploy\n> ```'],
    ['indented code', 'text\n\n    /greenroom redeploy'],
    ['a tab', '\t/greenroom redeploy'],
    ['a quote', '> /greenroom redeploy'],
    ['a quote that runs on', '> they said\n/greenroom redeploy'],
    ['a nested quote', '>> /greenroom redeploy'],
    ['an HTML comment', '<!--\n/greenroom redeploy\n-->'],
    ['an HTML comment that never ends', '<!--\n/greenroom redeploy'],
    ['preformatted HTML', '<pre>\n/greenroom redeploy\n</pre>'],
    ['HTML code', '<code>\n/greenroom redeploy\n</code>'],
    ['an HTML quote', '<blockquote>\n/greenroom redeploy\n</blockquote>'],
    ['a zero-width space before it', '\u200b/greenroom redeploy'],
    ['nothing', ''],
  ])('%s', (_, body) => {
    expect(parseCommands(body)).toEqual([]);
  });
});

describe('is told what is wrong:', () => {
  test.each([
    ['/greenroom redploy', '"redploy" is not a command', 'did you mean "redeploy"?'],
    ['/greenroom xyzzy', '"xyzzy" is not a command', undefined],
    ['/greenroom redeploy now', '"redeploy" takes nothing after it', undefined],
    ['/greenroom run', '"run" takes the name of one suite', undefined],
    ['/greenroom run a b', '"run" takes the name of one suite', undefined],
    ['/greenroom run $(id)', '"$(id)" cannot be the name of a suite', undefined],
    ['/greenroom keep forever', '"keep" takes a time such as 4h or 30m', undefined],
    ['/greenroom keep 0h', '"keep" takes a time such as 4h or 30m', undefined],
    ['/greenroom keep 9999999h', '"keep" takes a time such as 4h or 30m', undefined],
    ['/greenroom approve 0123456', '"approve" takes the full SHA of the commit that you have read', undefined],
  ])('%s', (body, problem, suggestion) => {
    const text = body;

    expect(parseCommands(body)).toEqual([
      suggestion ? { name: 'unknown', text, problem, suggestion } : { name: 'unknown', text, problem },
    ]);
  });
});

test('at most ten commands are taken from one comment', () => {
  const body = Array.from({ length: 50 }, (_, index) => `/greenroom run s${index}`).join('\n');

  expect(parseCommands(body)).toHaveLength(10);
});

const piece = fc.constantFrom(
  '/greenroom redeploy',
  '/redeploy',
  '`',
  '```',
  '~~~',
  '> ',
  '<!--',
  '-->',
  '\n',
  '\n\n',
  '    ',
  '- ',
  '<pre>',
  'x',
  ' ',
);
const markdown = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
);

test('no text makes it throw', () => {
  fc.assert(
    fc.property(markdown, (body) => {
      expect(parseCommands(body).length).toBeLessThanOrEqual(10);
    }),
    { numRuns: 1000 },
  );
});

test('text in a fence, a quote or a comment never commands, whatever it is', () => {
  fc.assert(
    fc.property(markdown, (body) => {
      const lines = body.split(/\r\n|\n|\r/);
      const fence = '`'.repeat(1 + Math.max(2, ...[...body.matchAll(/`+/g)].map((run) => run[0].length)));

      expect(parseCommands(`${fence}\n${body}\n${fence}`)).toEqual([]);
      expect(parseCommands(lines.map((line) => `> ${line}`).join('\n'))).toEqual([]);
      expect(parseCommands(lines.map((line) => `    ${line}`).join('\n'))).toEqual([]);
      // Taking out every "-->" could make a new one.
      expect(parseCommands(`<!--\n${body.replaceAll('>', '')}\n-->`)).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
