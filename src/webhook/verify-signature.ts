import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether GitHub's `X-Hub-Signature-256` fits these very bytes under one of the secrets (the current and, while it is
 * being rotated, the previous one). Every secret is tried in constant time, whichever fits.
 */
export function isSigned(body: Uint8Array, header: string | undefined, secrets: readonly string[]): boolean {
  const claimed = parseSignature(header);
  if (claimed === null) return false;
  let fits = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest();
    fits = timingSafeEqual(expected, claimed) || fits;
  }
  return fits;
}

/** The 32 bytes of `sha256=<hex>`, or null for anything else: worth knowing before the body is read. */
export function parseSignature(header: string | undefined): Buffer | null {
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1];
  return hex === undefined ? null : Buffer.from(hex, 'hex');
}
