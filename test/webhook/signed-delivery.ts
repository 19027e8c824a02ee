import { createHmac } from 'node:crypto';

export const secret = 'the current secret';
export const previousSecret = 'the previous secret';

export interface DeliveryOptions {
  id?: string;
  event?: string;
  secret?: string;
  headers?: Record<string, string>;
}

/** A POST as GitHub signs it. */
export function signedRequest(body: string | Uint8Array<ArrayBuffer>, options: DeliveryOptions = {}): RequestInit {
  const signature = createHmac('sha256', options.secret ?? secret)
    .update(body)
    .digest('hex');
  return {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': options.event ?? 'ping',
      'x-github-delivery': options.id ?? '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': `sha256=${signature}`,
      ...options.headers,
    },
  };
}
