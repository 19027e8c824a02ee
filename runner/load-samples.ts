import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { matches, type Selector } from './load-thresholds.ts';

/** One metric of one shard, mergeable with the other shards' (never by averaging percentiles). */
export interface FoldedMetric {
  type: string;
  count: number;
  sum: number;
  /** Samples that are not zero: a rate's numerator. */
  nonZero: number;
  min: number;
  max: number;
  last: number;
  /** Trends only: HDR histogram of thousandths, compressed, base64. */
  histogram?: string;
}

/** One second of one endpoint. Histograms of seconds hold two digits, those of the whole three. */
export interface FoldedSecond {
  /** Epoch seconds. */
  second: number;
  requests: number;
  errors: number;
  histogram: string;
}

export interface FoldedEndpoint {
  name: string;
  method: string;
  requests: number;
  errors: number;
  /** Microseconds, HDR, compressed, base64. */
  histogram: string;
  seconds: FoldedSecond[];
}

export interface FoldedSamples {
  endpoints: FoldedEndpoint[];
  selectors: Record<string, FoldedMetric>;
  /** Epoch ms of the first and last request. */
  firstAt: number | null;
  lastAt: number | null;
}

interface Sample {
  metric: string;
  type: string;
  data: { time: string; value: number; tags: Record<string, string> | null };
}

interface OpenSecond {
  requests: number;
  errors: number;
  histogram: Histogram;
}

interface OpenEndpoint {
  name: string;
  method: string;
  requests: number;
  errors: number;
  histogram: Histogram;
  open: Map<number, OpenSecond>;
  closed: FoldedSecond[];
}

/** Further endpoints count as one: a URL with an id in it would otherwise fill the memory. */
const maximumEndpoints = 200;
/** k6 flushes five times a second; samples older than this many seconds are rare and join the oldest open second. */
const openSeconds = 3;

function histogram(digits: 1 | 2 | 3): Histogram {
  return build({ numberOfSignificantValueDigits: digits, autoResize: true, bitBucketSize: 32 });
}

/** Folds k6's stream of raw samples into histograms while it runs: memory does not grow with the number of requests. */
export class SampleFolder {
  #endpoints = new Map<string, OpenEndpoint>();
  #selectors: { selector: Selector; metric: FoldedMetric; histogram: Histogram }[];
  #types = new Map<string, string>();
  #wanted: Set<string>;
  #spare: Histogram[] = [];
  #firstAt: number | null = null;
  #lastAt: number | null = null;
  #requests = 0;
  #errors = 0;

  constructor(selectors: Selector[]) {
    this.#selectors = selectors.map((selector) => ({
      selector,
      metric: { type: '', count: 0, sum: 0, nonZero: 0, min: Infinity, max: -Infinity, last: 0 },
      histogram: histogram(3),
    }));
    this.#wanted = new Set(selectors.map((selector) => selector.metric));
  }

  /** @returns false when the line is no sample: somebody else's output */
  add(line: string): boolean {
    try {
      return this.#add(line);
    } catch {
      return false;
    }
  }

  #add(line: string): boolean {
    if (line.startsWith('{"type":"Metric"')) {
      const { metric, data } = JSON.parse(line) as { metric: string; data: { type: string } };
      this.#types.set(metric, data.type);
      return true;
    }
    if (!line.startsWith('{"metric":"')) return false;
    const metric = line.slice(11, line.indexOf('"', 11));
    const isDuration = metric === 'http_req_duration';
    if (!isDuration && !this.#wanted.has(metric)) return true;
    const { data } = JSON.parse(line) as Sample;
    if (typeof data.value !== 'number' || Number.isNaN(Date.parse(data.time))) return false;
    const tags = data.tags ?? {};
    if (isDuration) this.#addRequest(data, tags);
    for (const folded of this.#selectors) {
      if (folded.selector.metric === metric && matches(folded.selector, tags)) this.#addTo(folded, data.value);
    }
    return true;
  }

  get requests(): number {
    return this.#requests;
  }

  get errors(): number {
    return this.#errors;
  }

  finish(): FoldedSamples {
    const endpoints = [...this.#endpoints.values()].map((endpoint) => {
      for (const second of [...endpoint.open.keys()].toSorted((a, b) => a - b)) this.#close(endpoint, second);
      const { name, method, requests, errors } = endpoint;
      return { name, method, requests, errors, histogram: encode(endpoint.histogram), seconds: endpoint.closed };
    });
    const selectors = Object.fromEntries(
      this.#selectors.map(({ selector, metric, histogram: values }) => {
        const type = this.#types.get(selector.metric) ?? '';
        return [selector.text, { ...metric, type, ...(type === 'trend' ? { histogram: encode(values) } : {}) }];
      }),
    );
    return { endpoints, selectors, firstAt: this.#firstAt, lastAt: this.#lastAt };
  }

  #addRequest(data: Sample['data'], tags: Record<string, string>): void {
    const at = Date.parse(data.time);
    this.#firstAt = Math.min(this.#firstAt ?? at, at - data.value);
    this.#lastAt = Math.max(this.#lastAt ?? at, at);
    const failed = tags.expected_response === 'false';
    const micros = Math.max(1, Math.round(data.value * 1000));
    const endpoint = this.#endpointOf(tags);
    const second = this.#secondOf(endpoint, Math.floor(at / 1000));
    this.#requests += 1;
    for (const counted of [endpoint, second]) {
      counted.requests += 1;
      counted.histogram.recordValue(micros);
    }
    if (!failed) return;
    this.#errors += 1;
    endpoint.errors += 1;
    second.errors += 1;
  }

  #endpointOf(tags: Record<string, string>): OpenEndpoint {
    const method = tags.method ?? '';
    const known = this.#endpoints.get(`${method} ${tags.name}`);
    if (known) return known;
    const full = this.#endpoints.size >= maximumEndpoints;
    const name = full ? 'all others' : (tags.name ?? tags.url ?? '').slice(0, 300);
    const key = full ? 'all others' : `${method} ${tags.name}`;
    const endpoint = this.#endpoints.get(key) ?? {
      name,
      method: full ? '' : method,
      requests: 0,
      errors: 0,
      histogram: histogram(3),
      open: new Map(),
      closed: [],
    };
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }

  #secondOf(endpoint: OpenEndpoint, second: number): OpenSecond {
    const known = endpoint.open.get(second);
    if (known) return known;
    const newest = Math.max(second, ...endpoint.open.keys());
    for (const old of [...endpoint.open.keys()].toSorted((a, b) => a - b)) {
      if (old <= newest - openSeconds) this.#close(endpoint, old);
    }
    const last = endpoint.closed.at(-1)?.second ?? 0;
    const place = Math.max(second, last + 1);
    const opened = endpoint.open.get(place) ?? { requests: 0, errors: 0, histogram: this.#spare.pop() ?? histogram(2) };
    endpoint.open.set(place, opened);
    return opened;
  }

  #close(endpoint: OpenEndpoint, second: number): void {
    const open = endpoint.open.get(second);
    if (!open) return;
    endpoint.open.delete(second);
    const { requests, errors } = open;
    endpoint.closed.push({ second, requests, errors, histogram: encode(open.histogram) });
    open.histogram.reset();
    this.#spare.push(open.histogram);
  }

  #addTo(folded: { metric: FoldedMetric; histogram: Histogram }, value: number): void {
    const { metric } = folded;
    metric.count += 1;
    metric.sum += value;
    if (value !== 0) metric.nonZero += 1;
    metric.min = Math.min(metric.min, value);
    metric.max = Math.max(metric.max, value);
    metric.last = value;
    folded.histogram.recordValue(Math.max(0, Math.round(value * 1000)));
  }
}

function encode(values: Histogram): string {
  return encodeIntoCompressedBase64(values);
}
