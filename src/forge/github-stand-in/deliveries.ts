import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sign } from '@octokit/webhooks-methods';
import { explain } from '../../errors.ts';
import type { Oracle } from './oracle.ts';
import type { WeatherDice } from './weather.ts';
import type { World } from './world.ts';

/** One attempt to deliver an event, and what came of it. */
export interface DeliveryRecord {
  /** Of this attempt; as long as GitHub's are since 2026. */
  id: string;
  /** `X-GitHub-Delivery`; a redelivery carries the same one. */
  guid: string;
  event: string;
  action: string | null;
  redelivery: boolean;
  deliveredAt: string;
  durationMs: number;
  /** null where nobody answered. */
  statusCode: number | null;
  error: string | null;
  body: string;
}

const hookId = 4711;
const answerWithinMs = 10_000;
const firstId = 3_804_004_623_172_239_366n;

/** Signs events with the App's secret and posts them, one after the other, each exactly once. */
export class Deliveries {
  readonly records: DeliveryRecord[] = [];
  readonly #world: World;
  readonly #oracle: Oracle;
  #secret: string;
  readonly #violations: string[];
  #url: string | null = null;
  #last: Promise<unknown> = Promise.resolve();
  /** Late ones, and doubles. */
  readonly #apart = new Set<Promise<unknown>>();
  #weather: () => WeatherDice | null = () => null;

  constructor(world: World, oracle: Oracle, secret: string, violations: string[]) {
    this.#world = world;
    this.#oracle = oracle;
    this.#secret = secret;
    this.#violations = violations;
  }

  get url(): string | null {
    return this.#url;
  }

  setUrl(url: string | null): void {
    this.#url = url;
  }

  setSecret(secret: string): void {
    this.#secret = secret;
  }

  setWeather(weather: () => WeatherDice | null): void {
    this.#weather = weather;
  }

  /** Resolves with the record once the receiver has answered, or not: never rejects. One that is late lets others pass. */
  send(event: string, payload: object): Promise<DeliveryRecord> {
    const action = 'action' in payload && typeof payload.action === 'string' ? payload.action : null;
    const [guid, body] = [randomUUID(), JSON.stringify(payload)];
    const weather = this.#weather();
    const lateMs = weather?.delayMs() ?? 0;
    const deliver = () => this.#deliver(guid, event, action, body, false);
    const sent = lateMs > 0 ? this.#apartFromOthers(delay(lateMs).then(deliver)) : this.#inOrder(deliver);
    if (weather?.isDoubled())
      void this.#apartFromOthers(sent.then(() => this.#deliver(guid, event, action, body, true)));
    return sent;
  }

  /** The same bytes under the same GUID again, as a person presses "Redeliver". */
  redeliver(guid: string): Promise<DeliveryRecord> {
    const first = this.records.find((record) => record.guid === guid);
    if (!first) throw new Error(`the stand-in sent no delivery "${guid}"`);
    return this.#inOrder(() => this.#deliver(guid, first.event, first.action, first.body, true));
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#last;
    while (this.#apart.size > 0) await Promise.all(this.#apart);
  }

  #apartFromOthers(work: Promise<DeliveryRecord>): Promise<DeliveryRecord> {
    this.#apart.add(work);
    return work.finally(() => this.#apart.delete(work));
  }

  #inOrder(work: () => Promise<DeliveryRecord>): Promise<DeliveryRecord> {
    const next = this.#last.then(work);
    this.#last = next;
    return next;
  }

  async #deliver(
    guid: string,
    event: string,
    action: string | null,
    body: string,
    redelivery: boolean,
  ): Promise<DeliveryRecord> {
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/5174a91',
      'x-github-event': event,
      'x-github-delivery': guid,
      'x-github-hook-id': String(hookId),
      'x-github-hook-installation-target-id': String(this.#world.app.id),
      'x-github-hook-installation-target-type': 'integration',
      'x-hub-signature-256': await sign(this.#secret, body),
    };
    const webhook = (action === null ? event : `${event}-${action}`).replaceAll('_', '-');
    this.#violations.push(...this.#oracle.delivery(webhook, headers, JSON.parse(body)));
    const started = performance.now();
    const answer = await this.#post(headers, body);
    const durationMs = Math.round(performance.now() - started);
    const id = String(firstId + BigInt(this.records.length));
    const record = {
      id,
      guid,
      event,
      action,
      redelivery,
      deliveredAt: this.#world.instant(),
      durationMs,
      body,
      ...answer,
    };
    this.records.push(record);
    return record;
  }

  async #post(headers: Record<string, string>, body: string): Promise<Pick<DeliveryRecord, 'statusCode' | 'error'>> {
    if (this.#url === null) return { statusCode: null, error: 'the App has no webhook address' };
    // Nothing leaves this machine.
    if (!isLoopback(this.#url)) return { statusCode: null, error: 'failed to connect to host' };
    try {
      const signal = AbortSignal.timeout(answerWithinMs);
      const response = await fetch(this.#url, { method: 'POST', headers, body, signal, redirect: 'manual' });
      await response.arrayBuffer();
      return { statusCode: response.status, error: null };
    } catch (error) {
      return { statusCode: null, error: explain(error) };
    }
  }
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}
