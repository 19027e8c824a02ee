import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** One of the payloads that GitHub publishes as examples. */
export interface OfficialExample {
  /** `X-GitHub-Event`. */
  name: string;
  action: string;
  body: Record<string, unknown>;
}

/** All of them, `@octokit/webhooks-examples`. */
export async function officialExamples(): Promise<OfficialExample[]> {
  const path = createRequire(import.meta.url).resolve('@octokit/webhooks-examples/api.github.com/index.json');
  const events = JSON.parse(await readFile(path, 'utf8')) as { name: string; examples: Record<string, unknown>[] }[];
  return events.flatMap(({ name, examples }) =>
    examples.map((body) => ({ name, action: typeof body.action === 'string' ? body.action : '', body })),
  );
}
