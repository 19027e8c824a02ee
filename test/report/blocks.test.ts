import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bars, shareBar } from '../../src/report/bars.ts';
import { codeBlock, details, fitBlocks, joinBlocks, list, paragraph, table } from '../../src/report/blocks.ts';

const more = '… cut here; [the rest](http://greenroom.test).';
const blocks = [
  paragraph('### Head'),
  table(
    ['Name', 'Time'],
    Array.from({ length: 30 }, (_, index) => [`row ${index} ü ▇`, `${index} s`]),
    ['', 'right'],
  ),
  codeBlock(Array.from({ length: 30 }, (_, index) => `line ${index} \`\`\` 🙂`)),
  list(['one', 'two', 'three']),
  details('More', [paragraph('inside'), table(['A'], [['1'], ['2']])]),
];

test('what fits is given whole', () => {
  expect(fitBlocks(blocks, 100_000, more)).toBe(joinBlocks(blocks));
});

test('at every length the text keeps the limit, ends with the link, and breaks no row, fence or details', () => {
  const whole = joinBlocks(blocks);
  const known = new Set(whole.split('\n'));
  for (let limit = 0; limit <= Buffer.byteLength(whole); limit++) {
    const text = fitBlocks(blocks, limit, more);

    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
    if (text === '') continue;
    if (limit < Buffer.byteLength(whole)) expect(text.endsWith(more)).toBe(true);
    const lines = text.split('\n');
    expect(lines.filter((line) => line.startsWith('````')).length % 2).toBe(0);
    expect(lines.filter((line) => line.startsWith('<details>')).length).toBe(
      lines.filter((line) => line === '</details>').length,
    );
    for (const line of lines) expect(known.has(line) || line.includes('…'), line).toBe(true);
  }
});

test('a cut table says how many rows are missing, on a line of its own', () => {
  const cut = fitBlocks(
    [
      table(
        ['A'],
        Array.from({ length: 100 }, () => ['x'.repeat(20)]),
      ),
    ],
    400,
    more,
  );

  expect(cut).toMatch(/\| x{20} \|\n\n… and \d+ more rows\.\n\n… cut here/);
});

test('where not even the link fits there is nothing', () => {
  expect(fitBlocks([paragraph('x'.repeat(100))], 10, more)).toBe('');
});

test('any blocks keep any limit, and are cut only between their items', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[|\n\r`~<]/g, ' '));
  const block = fc.oneof(
    cell.map(paragraph),
    fc.array(fc.tuple(cell, cell), { maxLength: 20 }).map((rows) => table(['A', 'B'], rows)),
    fc
      .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('```', '`````')), { maxLength: 20 })
      .map((lines) => codeBlock(lines)),
    fc.array(cell, { maxLength: 10 }).map(list),
    fc.array(cell.map(paragraph), { maxLength: 3 }).map((inside) => details('More', inside)),
  );

  fc.assert(
    fc.property(fc.array(block), fc.nat(3000), (some, limit) => {
      const whole = joinBlocks(some);
      const known = new Set(whole.split('\n'));

      const text = fitBlocks(some, limit, more);

      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
      expect(text === '' || text === whole || text.endsWith(more)).toBe(true);
      expect(unclosed(text)).toEqual({ fence: null, details: 0 });
      for (const line of text.split('\n'))
        expect(known.has(line) || line === '' || line.includes('…'), line).toBe(true);
    }),
  );
});

/** What a reader of Markdown would still wait for at the end. */
function unclosed(text: string): { fence: string | null; details: number } {
  let fence: string | null = null;
  let open = 0;
  for (const line of text.split('\n')) {
    const ticks = /^`{3,}$/.exec(line)?.[0];
    if (fence !== null) fence = ticks !== undefined && ticks.length >= fence.length ? null : fence;
    else if (ticks !== undefined) fence = ticks;
    else open += line.startsWith('<details>') ? 1 : line === '</details>' ? -1 : 0;
  }
  return { fence, details: open };
}

test('code is bounded in lines and columns', () => {
  const block = codeBlock(
    Array.from({ length: 1000 }, () => 'x'.repeat(10_000)),
    5,
    20,
  );

  expect(block.items).toHaveLength(6);
  expect(block.items.at(-1)).toBe('… 995 more lines');
  expect(block.items[0]).toHaveLength(20);
});

test.each([
  [[1, 2, 4, 8], '▂▃▅█'],
  [[0, 0], '▁▁'],
  [[], ''],
  [[Number.NaN, 5], '▁█'],
])('%j as bars is "%s"', (values, expected) => {
  expect(bars(values)).toBe(expected);
});

test('many values share columns, and peaks stay', () => {
  const values = Array.from({ length: 400 }, (_, index) => (index === 399 ? 100 : 1));

  expect(bars(values, 40)).toHaveLength(40);
  expect(bars(values, 40).at(-1)).toBe('█');
});

test('a share is a bar between nothing and all', () => {
  expect([shareBar(0.5, 4), shareBar(-1, 4), shareBar(9, 4), shareBar(Number.NaN, 2)]).toEqual([
    '██░░',
    '░░░░',
    '████',
    '░░',
  ]);
});
