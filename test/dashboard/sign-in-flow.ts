/** A browser as far as signing in needs one: it keeps cookies by host and path, and follows where it is sent. */
export class Visit {
  readonly #cookies = new Map<string, { host: string; path: string; value: string }>();

  /** One request; a redirection is an answer. */
  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const { host, pathname } = new URL(url);
    const sent = [...this.#cookies.entries()]
      .filter(([, cookie]) => cookie.host === host && pathname.startsWith(cookie.path))
      .map(([name, { value }]) => `${name}=${value}`);
    const headers = { accept: 'text/html', ...(init.headers as Record<string, string>), cookie: sent.join('; ') };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(host, line);
    return response;
  }

  /** As a form sends it. */
  send(url: string, fields: Record<string, string>): Promise<Response> {
    return this.ask(url, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { origin: new URL(url).origin },
    });
  }

  /** Where an answer sends the visitor. @throws Error when it does not */
  static next(answer: Response): string {
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`${answer.url} answered ${answer.status} and leads nowhere`);
    return new URL(location, answer.url).href;
  }

  #keep(host: string, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', ...value] = pair.split('=');
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
    if (attributes.some((one) => /^max-age=0$/i.test(one))) this.#cookies.delete(name);
    else this.#cookies.set(name, { host, path, value: value.join('=') });
  }
}
