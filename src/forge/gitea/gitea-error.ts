import { RunError } from '../../errors.ts';
import { redactSecrets } from '../redact-secrets.ts';

const maxSaid = 300;

/** What Gitea answered, as an error with its remedy. @param doing what was being done, lowercase */
export function refusal(status: number, said: string, doing: string): RunError {
  const answer = `Gitea answered ${status}: ${redactSecrets(said).replaceAll(/\s+/g, ' ').slice(0, maxSaid)}`;
  if (status >= 500 || status === 429) return unreachable(doing, answer);
  return new RunError(doing, {
    code: 'FORGE_REFUSED',
    remedy: 'fix-input',
    hint: hintFor(status),
    cause: new Error(answer),
  });
}

export function unreachable(doing: string, said: string): RunError {
  return new RunError(doing, {
    code: 'FORGE_UNREACHABLE',
    remedy: 'retry',
    hint: 'Look at the network, at GREENROOM_GITEA_URL and at the forge itself.',
    cause: new Error(redactSecrets(said)),
  });
}

function hintFor(status: number): string {
  if (status === 401) return 'Compare GREENROOM_GITEA_TOKEN with the tokens in the settings of its user.';
  if (status === 403) {
    return "The token's user must administer the repository, and the token needs write:repository, write:issue and read:user.";
  }
  if (status === 404) return "It does not exist, or the token's user may not see it.";
  return 'Gitea took the request for invalid.';
}
