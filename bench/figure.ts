/** One line of the table: what was measured, and what it is held against. */
export interface Figure {
  name: string;
  /** `s`, `ms`, `MB`; empty for a count. */
  unit: string;
  value: number;
  /** The same thing done plainly, measured in the same run; null where the target is absolute. */
  floor: number | null;
  /** The most that is allowed: of value over floor where there is a floor, else of value; infinite where it is only printed. */
  most: number;
  ok: boolean;
  /** What `value` is the median of, where there was more than one round. */
  rounds?: number[];
}

type Measured = Pick<Figure, 'name' | 'unit' | 'value' | 'most' | 'rounds'> & { floor?: number };

export function figureOf({ floor, ...measured }: Measured): Figure {
  const held = floor === undefined ? measured.value : measured.value / floor;
  return { ...measured, floor: floor ?? null, ok: held <= measured.most };
}

/** The middle one; of an even number the lower of the two, so that it was really measured. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('a median of nothing');
  return middle;
}

export interface Row {
  /** `--only` takes it. */
  bench: string;
  figures: Figure[];
  /** Why there is no figure; null when there is. */
  problem: string | null;
  /** Load average of the last minute when it was measured: on a busy machine only ratios mean something. */
  load: number;
}

const headings = ['figure', 'measured', 'floor', 'ratio', 'at most', 'met', 'load'];

/** A Markdown table, padded for people. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [headings, ...rows.flatMap(linesOf)];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const padded = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [padded[0], rule, ...padded.slice(1)].join('\n');
}

function linesOf({ bench, figures, problem, load }: Row): string[][] {
  const at = load.toFixed(1);
  const failed = problem === null ? [] : [[`${bench}: ${problem}`, '-', '-', '-', '-', 'not measured', at]];
  return [
    ...figures.map(({ name, unit, value, floor, most, ok }) => [
      name,
      quantity(value, unit),
      floor === null ? '-' : quantity(floor, unit),
      floor === null ? '-' : (value / floor).toFixed(2),
      most === Number.POSITIVE_INFINITY ? '-' : floor === null ? quantity(most, unit) : `${most} times`,
      most === Number.POSITIVE_INFINITY ? '-' : ok ? 'yes' : 'NO',
      at,
    ]),
    ...failed,
  ];
}

function quantity(value: number, unit: string): string {
  const digits = unit === 's' ? 2 : unit === 'ms' ? 1 : 0;
  return `${Number(value.toFixed(digits))}${unit === '' ? '' : ` ${unit}`}`;
}
