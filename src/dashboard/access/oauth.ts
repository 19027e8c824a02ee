import {
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  processAuthorizationCodeResponse,
  protectedResourceRequest,
  validateAuthResponse,
} from 'oauth4webapi';
import { z } from 'zod';
import { RunError } from '../../errors.ts';
import type { Person } from './readers.ts';

/** A forge as OAuth 2 knows it (RFC 6749, PKCE of RFC 7636): GitHub with its App, Gitea with an application. */
export interface OAuthForge {
  forge: Person['forge'];
  /** Where people look. */
  webUrl: string;
  /** Whose `GET /user` says who they are. */
  apiUrl: string;
  clientId: string;
  clientSecret: string;
  /** Empty for a GitHub App, whose permissions are its own. */
  scope: string;
}

/** What has to be there again when the person comes back. */
export const Attempt = z.object({ state: z.string(), verifier: z.string(), next: z.string() });
export type Attempt = z.infer<typeof Attempt>;

const User = z.object({ login: z.string().min(1) });
const withinMs = 15_000;

/** Where the person is sent, and what to keep until they are back. */
export async function beginSignIn(
  forge: OAuthForge,
  redirectUri: string,
  next: string,
): Promise<{ url: string; attempt: Attempt }> {
  const attempt = { state: generateRandomState(), verifier: generateRandomCodeVerifier(), next };
  const url = new URL(`${forge.webUrl}/login/oauth/authorize`);
  const parameters = {
    client_id: forge.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    state: attempt.state,
    code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: 'S256',
    ...(forge.scope === '' ? {} : { scope: forge.scope }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, attempt };
}

/**
 * Whom the forge names to whom it sent back. The token that says so is used once and kept nowhere.
 * @throws RunError `SIGN_IN_FAILED` (retry)
 */
export async function endSignIn(forge: OAuthForge, redirectUri: string, url: URL, attempt: Attempt): Promise<Person> {
  const server: AuthorizationServer = {
    issuer: forge.webUrl,
    token_endpoint: `${forge.webUrl}/login/oauth/access_token`,
  };
  const client = { client_id: forge.clientId };
  const { state, verifier } = attempt;
  // An Enterprise Server or a Gitea inside of a company may have no TLS; whoever set it up so knows.
  const options = { [allowInsecureRequests]: true, signal: () => AbortSignal.timeout(withinMs) };
  try {
    const parameters = validateAuthResponse(server, client, url, state);
    const secret = ClientSecretPost(forge.clientSecret);
    const answer = await authorizationCodeGrantRequest(
      server,
      client,
      secret,
      parameters,
      redirectUri,
      verifier,
      options,
    );
    const { access_token: token } = await processAuthorizationCodeResponse(server, client, answer);
    const user = await protectedResourceRequest(
      token,
      'GET',
      new URL(`${forge.apiUrl}/user`),
      new Headers({ 'user-agent': 'greenroom' }),
      null,
      options,
    );
    return { forge: forge.forge, login: User.parse(await user.json()).login };
  } catch (cause) {
    throw new RunError(`signing in with ${forge.webUrl}`, {
      code: 'SIGN_IN_FAILED',
      remedy: 'retry',
      hint: 'Begin again; if that does not help, compare the client id and secret with those at the forge.',
      cause,
    });
  }
}
