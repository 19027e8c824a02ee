import { explain, RunError } from '../errors.ts';
import type { RegistryAccess } from './registry-access.ts';
import { RegistryClient } from './registry-client.ts';
import { discard } from './registry-http.ts';

/** Whether the registry lets us in with the credentials that we have. Never rejects. */
export async function registryAnswers(
  registry: RegistryAccess,
  signal: AbortSignal,
): Promise<{ ok: boolean; detail: string; hint?: string }> {
  const { address, scheme } = registry;
  try {
    const client = new RegistryClient(registry);
    const answer = await client.request({ method: 'GET', target: '/v2/', repository: '', access: 'pull', signal });
    discard(answer);
    const credentials = (await client.hasCredentials()) ? 'with credentials' : 'without credentials';
    return { ok: answer.status < 400, detail: `${scheme}://${address}, ${credentials}, answered ${answer.status}` };
  } catch (error) {
    const hint = error instanceof RunError ? error.hint : undefined;
    return { ok: false, detail: `${scheme}://${address}: ${explain(error)}`, ...(hint === undefined ? {} : { hint }) };
  }
}
