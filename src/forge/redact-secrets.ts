/**
 * Anything that could be a credential. GitHub's tokens have no fixed length or alphabet any more (`ghs_APPID_JWT`,
 * since April 2026), so these patterns lean towards taking too much. None reaches over a quote: lines of JSON stay JSON.
 */
const credentialPatterns: RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=")|$)/g,
  /\b(?:gh[a-z]|github_pat|glpat)[_-][A-Za-z0-9_.~+/=-]{4,}/g,
  /\bv1\.[0-9a-f]{40}\b/g,
  /\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,4}/g,
  /(?<=\b(?:bearer|basic|token)[ :=]+)(?!\[redacted\])[A-Za-z0-9_.~+/=-]{8,}/gi,
  /(?<=[?&](?:access_token|token|client_secret|sig|signature)=)[^&\s"']+/gi,
  /(?<=[a-z][a-z0-9+.-]*:\/\/)[^/\s@:"]*:[^/\s@"]+(?=@)/gi,
];

/** `text` with everything that looks like a credential replaced by `[redacted]`. */
export function redactSecrets(text: string): string {
  return credentialPatterns.reduce((kept, pattern) => kept.replace(pattern, '[redacted]'), text);
}
