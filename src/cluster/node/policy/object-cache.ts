import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { NodeClient } from '../node-client.ts';

const List = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(z.unknown()) });
const Event = z.object({ type: z.string(), object: z.unknown() });
const Versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** The API server ends a watch after this, and we begin it anew. */
const watchSeconds = 300;
const againMs = [200, 1_000, 5_000];

export interface Caching<T> {
  client: NodeClient;
  /** Of the API server, such as `https://10.0.0.2:6443`. */
  origin: string;
  /** Such as `/api/v1/pods`. */
  path: string;
  schema: z.ZodType<T>;
  keyOf: (object: T) => string;
  onChange: () => void;
}

/** All objects of a kind as the API server last told of them: listed once, then watched, and listed again whenever the watch breaks. */
export class ObjectCache<T> {
  readonly #caching: Caching<T>;
  #objects = new Map<string, { object: T; version: bigint }>();
  /** Of each question under way: what went meanwhile. */
  readonly #goneMeanwhile = new Set<Set<string>>();

  constructor(caching: Caching<T>) {
    this.#caching = caching;
  }

  get all(): T[] {
    return [...this.#objects.values()].map(({ object }) => object);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)?.object;
  }

  /** Asks for those at `path` (a list, or one object) now: a watch may lag behind. @returns whether there was an answer */
  async refresh(path: string): Promise<boolean> {
    const gone = new Set<string>();
    this.#goneMeanwhile.add(gone);
    const answer = await this.#request(path).finally(() => this.#goneMeanwhile.delete(gone));
    if (answer.status === 404) return true;
    if (answer.status !== 200) return false;
    const found: unknown = JSON.parse(answer.body);
    const list = List.safeParse(found);
    for (const object of list.success ? list.data.items : [found]) this.#put(object, gone);
    return true;
  }

  /** Never resolves: the node's end is its end. */
  async keep(): Promise<never> {
    for (let failures = 0; ; ) {
      try {
        const version = await this.#list();
        failures = 0;
        await this.#watch(version);
      } catch {
        // Nobody answers yet, or no longer: what is known stays in force.
        await sleep(againMs[Math.min(failures, againMs.length - 1)]);
        failures += 1;
      }
    }
  }

  async #list(): Promise<string> {
    const { path, onChange } = this.#caching;
    const answer = await this.#request(path);
    if (answer.status !== 200) throw new Error(`listing ${path}: ${answer.status}`);
    const { metadata, items } = List.parse(JSON.parse(answer.body));
    this.#objects.clear();
    for (const item of items) this.#put(item);
    onChange();
    return metadata.resourceVersion;
  }

  async #watch(from: string): Promise<void> {
    const { client, origin, path, onChange } = this.#caching;
    let version = from;
    const onLine = (line: string) => {
      const { type, object } = Event.parse(JSON.parse(line));
      if (type === 'ERROR') throw new Error(`watching ${path}: ${line.slice(0, 200)}`);
      version = Versioned.parse(object).metadata.resourceVersion;
      if (type === 'BOOKMARK') return;
      if (type === 'DELETED') this.#drop(object);
      else this.#put(object);
      onChange();
    };
    for (;;) {
      const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${version}`;
      await client.follow(`${origin}${path}?${query}`, onLine, (watchSeconds + 30) * 1_000);
    }
  }

  #request(path: string) {
    return this.#caching.client.request('GET', `${this.#caching.origin}${path}`);
  }

  /** The API server's versions grow (Kubernetes 1.35 lets clients compare them): of two tellings the newer counts. */
  #put(found: unknown, gone: ReadonlySet<string> = new Set()): void {
    const object = this.#caching.schema.parse(found);
    const key = this.#caching.keyOf(object);
    const version = versionOf(found);
    const known = this.#objects.get(key);
    if (gone.has(key) || (known !== undefined && known.version > version)) return;
    this.#objects.set(key, { object, version });
  }

  #drop(found: unknown): void {
    const key = this.#caching.keyOf(this.#caching.schema.parse(found));
    this.#objects.delete(key);
    for (const gone of this.#goneMeanwhile) gone.add(key);
  }
}

function versionOf(found: unknown): bigint {
  return BigInt(Versioned.parse(found).metadata.resourceVersion);
}
