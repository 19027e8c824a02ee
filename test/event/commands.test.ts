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
    ['a fence whose info string holds a line separator', '```\u2028\n\n/greenroom redeploy\n\n```'],
    ['a quote that runs on behind a line that only looks empty', '> they said\n\u00a0\n/greenroom redeploy'],
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

const spoken = fc.oneof(
  fc.constantFrom('/greenroom redeploy', '/Greenroom\tTEARDOWN', '/greenroom help ', '/greenroom'),
  fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/).map((suite) => `/greenroom run ${suite}`),
  fc.integer({ min: 1, max: 999_999 }).map((minutes) => `/greenroom keep ${minutes}m`),
  fc.stringMatching(/^[0-9a-fA-F]{40}$/).map((commit) => `/greenroom approve ${commit}`),
);
/** Words of a person, without anything that Markdown or we could take for something else. */
const prose = fc.stringMatching(/^[A-Za-z0-9 ,.;:!?'()*_-]{0,60}$/).map((words) => `Well, ${words}`);
const newline = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\n   \n');

test('what somebody says at the start of a line is heard, each once and in order, whatever is said between', () => {
  const line = fc.oneof(spoken, prose);
  fc.assert(
    fc.property(fc.array(fc.tuple(line, newline), { maxLength: 12 }), (lines) => {
      const said = lines.map(([text]) => text).filter((text) => text.startsWith('/'));
      const alone = said.flatMap(parseCommands).map((command) => JSON.stringify(command));

      const heard = parseCommands(lines.map(([text, end]) => `${text}${end}`).join(''));

      expect(heard.map((command) => command.name)).not.toContain('unknown');
      expect(heard.map((command) => JSON.stringify(command))).toEqual([...new Set(alone)].slice(0, 10));
    }),
    { numRuns: 500 },
  );
});

test('whatever is written, what is understood is harmless: a name, a bounded time, a whole SHA', () => {
  const argument = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('../x', '$(id)'),
  );
  fc.assert(
    fc.property(fc.constantFrom('run', 'keep', 'approve', 'redeploy'), argument, (name, rest) => {
      for (const command of parseCommands(`/greenroom ${name} ${rest}`)) {
        if (command.name === 'run') expect(command.suite).toMatch(/^[a-z][-a-z0-9]{0,62}$/);
        if (command.name === 'keep') expect(command.durationMs).toBeLessThanOrEqual(999_999 * 3_600_000);
        if (command.name === 'approve') expect(command.sha).toMatch(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
        if (command.name === 'unknown') expect(command.text.length).toBeLessThanOrEqual(100);
      }
    }),
    { numRuns: 500 },
  );
});

// The longest comment of the forge. Anybody may write one, and everybody's deliveries wait meanwhile.
test.each(['` ', '`\n', '`a`\n', '`` ` ', '> ', '- ', '1. ', '<!-- ', '<pre>', '```\n', ' ', '/greenroom x\n', '`'])(
  'a comment full of %j takes no longer than its length is worth',
  (part) => {
    const body = part.repeat(Math.floor(65_536 / part.length));
    const before = process.cpuUsage();
    parseCommands(body);
    const { user } = process.cpuUsage(before);

    expect(user / 1000).toBeLessThan(250);
  },
);
