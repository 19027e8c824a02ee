import { createHmac, timingSafeEqual } from 'node:crypto';

const most = 20;

/** Product slugs and how many of each. */
export type Basket = Record<string, number>;

export function readCookies(header: string | undefined): Map<string, string> {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('=') as [string, string?]);
  return new Map(pairs.map(([name, value = '']) => [name, value]));
}

export function cookie(name: string, value: string): string {
  const gone = value === '' ? '; Max-Age=0' : '';
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${gone}`;
}

/** What somebody changed by hand is an empty basket, never an error. */
export function readBasket(value: string | undefined): Basket {
  try {
    const found = JSON.parse(Buffer.from(value ?? '', 'base64url').toString()) as Record<string, unknown>;
    const valid = Object.entries(found).filter(
      ([slug, quantity]) => /^[a-z0-9-]{1,80}$/.test(slug) && Number.isInteger(quantity) && Number(quantity) > 0,
    );
    return Object.fromEntries(valid.slice(0, most).map(([slug, quantity]) => [slug, Math.min(Number(quantity), 99)]));
  } catch {
    return {};
  }
}

export function writeBasket(basket: Basket): string {
  const empty = Object.keys(basket).length === 0;
  return cookie('basket', empty ? '' : Buffer.from(JSON.stringify(basket)).toString('base64url'));
}

/** Signed, so that every replica knows the customer and nobody can be somebody else. */
export function writeSession(name: string, secret: string): string {
  const encoded = Buffer.from(name).toString('base64url');
  return cookie('session', `${encoded}.${sign(encoded, secret)}`);
}

export function readSession(value: string | undefined, secret: string): string | null {
  const [encoded = '', signature = ''] = (value ?? '').split('.');
  const wanted = Buffer.from(sign(encoded, secret));
  const given = Buffer.from(signature);
  if (encoded === '' || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
  return Buffer.from(encoded, 'base64url').toString();
}

function sign(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
