import { z } from 'zod';
import { RunError } from '../../errors.ts';
import { capabilities } from '../capabilities.ts';
import { cutText } from '../cut-text.ts';
import type { CheckReport, Conclusion, MayBegin, StandingCheck } from '../forge.ts';
import { type GiteaClient, pathOf } from './gitea-client.ts';

const { conclusions, titleBytes } = capabilities.gitea;

const Status = z.object({
  id: z.int(),
  context: z.string(),
  target_url: z.string().nullish(),
  creator: z.object({ login: z.string() }).nullish(),
});
const Combined = z.object({ statuses: z.array(Status).nullish() }).transform(({ statuses }) => statuses ?? []);

/**
 * Says it anew: of statuses with the same name the last one counts, so that there is nothing to update and nothing to look for. What
 * a status has no room for stands on the run's page, to which it links.
 */
export async function putCheck(
  client: GiteaClient,
  repository: string,
  check: CheckReport,
  signal: AbortSignal,
  mayBegin?: MayBegin,
): Promise<string> {
  await client.ask(
    Status,
    {
      doing: `setting the status "${check.name}" on ${check.headSha}`,
      method: 'POST',
      path: `${pathOf(repository)}/statuses/${encodeURIComponent(check.headSha)}`,
      body: {
        context: check.name,
        state: stateOf(check),
        description: cutText(check.title, titleBytes),
        target_url: addressOf(check),
      },
      mayBegin,
    },
    signal,
  );
  return idOf(check.name, check.externalId);
}

/** What each of our names says on the commit; what was said before is no more. */
export async function checksOf(
  client: GiteaClient,
  repository: string,
  sha: string,
  signal: AbortSignal,
): Promise<StandingCheck[]> {
  const request = {
    doing: `reading the statuses on ${sha}`,
    path: `${pathOf(repository)}/commits/${encodeURIComponent(sha)}/status`,
  };
  const statuses = await client.all(Combined, ({ id }) => id, request, signal);
  const ourLogin = await client.login(signal);
  const ours = statuses.filter(({ creator }) => creator?.login === ourLogin);
  return ours
    .toSorted((one, other) => other.id - one.id)
    .map(({ context, target_url: address }) => {
      const { run, word } = wordsIn(address ?? '');
      const status = word === 'queued' || word === 'in_progress' ? word : 'completed';
      return {
        id: idOf(context, run),
        name: context,
        externalId: run,
        status,
        conclusion: status === 'completed' ? word : null,
      };
    });
}

/** One run says one thing under one name. */
function idOf(name: string, run: string | null): string {
  return `${run ?? ''} ${name}`;
}

function stateOf(check: CheckReport): string {
  if (check.status !== 'completed') return 'pending';
  if (check.conclusion !== null) return conclusions[check.conclusion];
  throw new RunError(`completing the status "${check.name}" without a conclusion`, {
    code: 'FORGE_REFUSED',
    remedy: 'report-bug',
  });
}

/** The run's page; behind it, where no browser minds, whose word this is and the word itself, for a status knows fewer. */
function addressOf(check: CheckReport): string {
  const word: Conclusion | CheckReport['status'] = check.conclusion ?? check.status;
  return `${check.detailsUrl ?? ''}#greenroom:${encodeURIComponent(check.externalId)}:${word}`;
}

function wordsIn(address: string): { run: string | null; word: string | null } {
  const [, run, word] = /#greenroom:([^:#]+):([a-z_]+)$/.exec(address) ?? [];
  return run === undefined || word === undefined ? { run: null, word: null } : { run: decodeURIComponent(run), word };
}
