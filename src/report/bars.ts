const levels = '▁▂▃▄▅▆▇█';

/** Numbers as a row of bars, the largest full; at most `width` of them, each the largest of those that it stands for. PURE. */
export function bars(values: readonly number[], width = 40): string {
  const finite = values.map((value) => (Number.isFinite(value) && value > 0 ? value : 0));
  const size = Math.max(1, Math.ceil(finite.length / width));
  const columns: number[] = [];
  for (let start = 0; start < finite.length; start += size)
    columns.push(Math.max(...finite.slice(start, start + size)));
  const top = Math.max(...columns, 0);
  if (top === 0) return levels.charAt(0).repeat(columns.length);
  return columns.map((value) => levels.charAt(Math.round((value / top) * (levels.length - 1)))).join('');
}

/** A share of a whole, as a bar of `width` characters. */
export function shareBar(share: number, width = 12): string {
  const full = Math.round(Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}
