import type { Delivery, ForgeEvent, ForgeName } from '../event/event.ts';
import { type BodyBudget, maxBodyBytes, readBody } from './read-body.ts';
import { isSigned, parseSignature } from './verify-signature.ts';

/** How one forge's deliveries are known and read. */
export interface Door {
  /** The current secret, then the previous one while it is being rotated; without any, nothing is let in. */
  secrets: readonly string[];
  /** The forge room's reading of a payload. What it throws makes the delivery an event of kind `other`. */
  parseDelivery: (name: string, id: string, body: unknown) => ForgeEvent;
}

export interface Receiver extends Door {
  forge: ForgeName;
  /** Resolves once the delivery is safe; an id that was there before is `known`. */
  accept: (delivery: Delivery) => Promise<'new' | 'known'>;
  now: () => Date;
  budget: BodyBudget;
}

/** What a POST came to. `delivery` is there once it is stored. */
export interface Receipt {
  status: 202 | 400 | 401 | 413 | 415 | 503;
  message: string;
  event: string;
  delivery?: Delivery;
  known?: boolean;
  error?: unknown;
}

/** Which headers say what. Gitea sends GitHub's as well, and its own signature bare. */
const headersOf = {
  github: { event: 'X-GitHub-Event', id: 'X-GitHub-Delivery', bareSignature: null },
  gitea: { event: 'X-Gitea-Event', id: 'X-Gitea-Delivery', bareSignature: 'X-Gitea-Signature' },
} as const;

/**
 * One POST from a forge: is it them, is it whole, and is it written down. Nothing is parsed or stored before the
 * signature over the raw bytes fits; a store that cannot take it answers 503, so that the forge's redelivery heals it.
 * Never rejects.
 */
export async function receiveDelivery(request: Request, receiver: Receiver): Promise<Receipt> {
  const headers = headersOf[receiver.forge];
  const event = request.headers.get(headers.event) ?? '';
  const refuse = (status: Receipt['status'], message: string): Receipt => ({ status, message, event: 'unverified' });
  if (!isJson(request.headers.get('content-type'))) {
    return refuse(415, 'Send application/json: choose that content type in the webhook settings.');
  }
  const signature = signatureOf(request.headers, headers.bareSignature);
  if (parseSignature(signature) === null) return refuse(401, 'The signature is missing.');
  let body: Awaited<ReturnType<typeof readBody>>;
  try {
    body = await readBody(request, receiver.budget);
  } catch {
    return refuse(400, 'The body ended early.');
  }
  if (body === 'too-large') return refuse(413, `A delivery has at most ${maxBodyBytes} bytes.`);
  if (body === 'busy') return refuse(503, 'Too many deliveries at once: deliver it again.');
  if (!isSigned(body, signature, receiver.secrets)) return refuse(401, 'The signature does not fit.');
  const id = request.headers.get(headers.id) ?? '';
  if (!/^[\x21-\x7e]{1,200}$/.test(id) || !/^[a-z0-9_]{1,100}$/.test(event)) {
    return refuse(400, `${headers.id} and ${headers.event} must name the delivery.`);
  }
  const payload = parseJson(body);
  if (payload === undefined) return { status: 400, message: 'The body is not JSON.', event };
  return await store(receiver, { id, name: event, payload });
}

function signatureOf(headers: Headers, bare: string | null): string | undefined {
  const own = bare === null ? null : headers.get(bare);
  return headers.get('x-hub-signature-256') ?? (own === null ? undefined : `sha256=${own}`);
}

async function store(receiver: Receiver, { id, name, payload }: { id: string; name: string; payload: unknown }) {
  const receivedAt = receiver.now().toISOString();
  const { forge } = receiver;
  const delivery: Delivery = { id, forge, name, receivedAt, event: read(receiver, { id, name, payload }) };
  try {
    const known = (await receiver.accept(delivery)) === 'known';
    const message = known ? 'Accepted before.' : 'Accepted.';
    return { status: 202, message, event: name, delivery, known } satisfies Receipt;
  } catch (error) {
    return { status: 503, message: 'Could not write it down: deliver it again.', event: name, error } satisfies Receipt;
  }
}

function read(receiver: Receiver, { id, name, payload }: { id: string; name: string; payload: unknown }): ForgeEvent {
  try {
    return receiver.parseDelivery(name, id, payload);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 500) : 'not understood';
    return { kind: 'other', name, why: `the payload is not what we expect of it: ${why}` };
  }
}

function isJson(contentType: string | null): boolean {
  return /^application\/json\s*(;.*)?$/i.test(contentType?.trim() ?? '');
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}
