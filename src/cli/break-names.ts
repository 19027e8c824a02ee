/** The demo's broken changes: patches in `examples/shop/breaks/`. */
export const breakNames = [
  'broken-checkout',
  'slow-search',
  'crash-loop',
  'oom',
  'missing-image',
  'flaky-login',
  'no-config',
] as const;
