/** What was answered once, with the tag by which GitHub knows whether it still holds. */
interface Known {
  etag: string;
  body: ArrayBuffer;
  headers: Headers;
}

/** Larger answers are read anew: they are few, and would push out all others. */
const maxBodyBytes = 256 * 1024;
const maxTotalBytes = 16 * 1024 * 1024;

/** The answers that were used last, within a bound. */
export class KnownAnswers {
  // In the order of their last use.
  readonly #known = new Map<string, Known>();
  #total = 0;

  of(key: string): Known | undefined {
    return this.#known.get(key);
  }

  remember(key: string, answer: Known): void {
    this.forget(key);
    if (answer.body.byteLength > maxBodyBytes) return;
    this.#known.set(key, answer);
    this.#total += answer.body.byteLength;
    for (const oldest of this.#known.keys()) {
      if (this.#total <= maxTotalBytes) break;
      this.forget(oldest);
    }
  }

  forget(key: string): void {
    this.#total -= this.#known.get(key)?.body.byteLength ?? 0;
    this.#known.delete(key);
  }
}

/**
 * Asks for what was read before only if it has changed since: GitHub counts no request that it answers with 304. The caller
 * sees the whole answer either way. GitHub judges each request anew, so nobody is shown what they may not see any more.
 * @param holder whose credentials go along: what one may see is not kept for another
 */
export function conditionalFetch(inner: typeof fetch, answers: KnownAnswers, holder: string): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    if ((init?.method ?? 'GET').toUpperCase() !== 'GET' || typeof input !== 'string') return inner(input, init);
    const key = `${holder} ${headers.get('accept')} ${input}`;
    const known = answers.of(key);
    if (known !== undefined) headers.set('if-none-match', known.etag);
    const response = await inner(input, { ...init, headers });
    if (known === undefined || response.status !== 304) return await kept(answers, key, response);
    answers.remember(key, known);
    return new Response(known.body.slice(0), { status: 200, headers: merged(known.headers, response.headers) });
  };
}

async function kept(answers: KnownAnswers, key: string, response: Response): Promise<Response> {
  answers.forget(key);
  const { status, headers } = response;
  const etag = headers.get('etag');
  if (status !== 200 || etag === null || !/^application\/json\b/.test(headers.get('content-type') ?? ''))
    return response;
  const body = await response.arrayBuffer();
  answers.remember(key, { etag, body, headers });
  return new Response(body.slice(0), { status, headers });
}

function merged(older: Headers, newer: Headers): Headers {
  const all = new Headers(older);
  newer.forEach((value, name) => {
    all.set(name, value);
  });
  return all;
}
