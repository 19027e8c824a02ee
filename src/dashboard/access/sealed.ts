import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export type Purpose = 'session' | 'sign-in' | 'artifacts';

/** Writes that come back as they were made, and only while they are good: whoever holds one can read it, and change nothing. */
export interface Sealer {
  seal(purpose: Purpose, value: object, forMs: number): string;
  /** @returns null for what is no seal of ours, was made for another purpose, or is over */
  open(purpose: Purpose, sealed: string): unknown;
}

/** @param secrets of the operator's; replicas with the same ones open each other's seals, another secret ends them all */
export function sealerOf(secrets: readonly string[], nowMs: () => number): Sealer {
  const key = Buffer.from(hkdfSync('sha256', secrets.join('\0'), '', 'greenroom dashboard', 32));
  const mac = (purpose: Purpose, body: string) => createHmac('sha256', key).update(`${purpose}.${body}`).digest();
  return {
    seal(purpose, value, forMs) {
      const body = Buffer.from(JSON.stringify({ value, until: nowMs() + forMs })).toString('base64url');
      return `${body}.${mac(purpose, body).toString('base64url')}`;
    },
    open(purpose, sealed) {
      const [body = '', sent = ''] = sealed.split('.');
      const [given, right] = [Buffer.from(sent, 'base64url'), mac(purpose, body)];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
      const { value, until } = JSON.parse(Buffer.from(body, 'base64url').toString()) as {
        value: unknown;
        until: number;
      };
      return until > nowMs() ? value : null;
    },
  };
}
