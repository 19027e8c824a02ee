/** A threshold of a k6 script: a metric, perhaps with tags (`http_req_duration{name:search}`), and an expression. */
export interface LoadThreshold {
  selector: string;
  expression: string;
}

/** What a selector takes from the stream of samples. */
export interface Selector {
  text: string;
  metric: string;
  tags: Record<string, string>;
}

interface InspectedOptions {
  thresholds?: Record<string, (string | { threshold: string })[]> | null;
}

/** @param inspected the JSON of `k6 inspect` */
export function thresholdsOf(inspected: InspectedOptions): LoadThreshold[] {
  return Object.entries(inspected.thresholds ?? {}).flatMap(([selector, expressions]) =>
    expressions.map((one) => ({ selector, expression: typeof one === 'string' ? one : one.threshold })),
  );
}

/** `http_req_duration{name:search, status:200}` as metric and tags; k6 allows quotes around a tag's value. */
export function parseSelector(text: string): Selector {
  const match = /^([^{]+)\{(.*)\}$/.exec(text);
  if (!match) return { text, metric: text, tags: {} };
  const tags: Record<string, string> = {};
  for (const pair of (match[2] ?? '').split(',')) {
    const colon = pair.indexOf(':');
    if (colon > 0) tags[unquote(pair.slice(0, colon))] = unquote(pair.slice(colon + 1));
  }
  return { text, metric: (match[1] ?? '').trim(), tags };
}

export function matches(selector: Selector, tags: Record<string, string>): boolean {
  return Object.entries(selector.tags).every(([key, value]) => (tags[key] ?? '') === value);
}

function unquote(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, '$2');
}
