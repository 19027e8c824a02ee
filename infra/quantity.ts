const factors: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** A Kubernetes quantity (`250m`, `1.5`, `256Mi`) as a number; NaN for anything else. */
export function quantityOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(m|k|K|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text.trim());
  const factor = factors[match?.[2] ?? ''];
  return match && factor !== undefined ? Number(match[1]) * factor : Number.NaN;
}

/** Cpu in thousandths of a core. */
export function millicoresOf(cpu: string): number {
  return Math.round(quantityOf(cpu) * 1000);
}

export function bytesOf(memory: string): number {
  return Math.round(quantityOf(memory));
}

export function formatCores(millicores: number): string {
  return `${millicores}m`;
}

export function formatMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)}Mi`;
}
