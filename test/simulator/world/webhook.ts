import type { Delivery } from '../../../src/event/event.ts';
import { parseDelivery } from '../../../src/forge/github/parse-delivery.ts';
import type { Dice } from './dice.ts';
import type { Happening } from './history.ts';
import type { Replica } from './replica.ts';
import type { Surroundings } from './surroundings.ts';

type Way = Extract<Happening, { kind: 'delivery-sent' }>['way'];

/** The forge gives up on a delivery that is not answered in time. */
const answerWithinMs = 10_000;
/** Somebody, or a script, has the forge deliver again what was refused. */
const redeliverAfterMs = [20_000, 90_000] as const;
const replayAfterMs = [1_000, 600_000] as const;
const duplicateAfterMs = [0, 5_000] as const;

/** The way of deliveries from the forge to whichever replica takes them. */
export class Webhook {
  readonly #around: Surroundings;
  readonly #dice: Dice;
  readonly #listening: () => readonly Replica[];
  #onTheirWay = 0;

  constructor(around: Surroundings, listening: () => readonly Replica[]) {
    this.#around = around;
    this.#dice = around.dice('deliveries');
    this.#listening = listening;
  }

  /** Deliveries that have not come to an end yet. */
  get pending(): number {
    return this.#onTheirWay;
  }

  /** What happened at the forge, as GitHub's payload. */
  send(name: string, payload: unknown): void {
    const dice = this.#dice;
    const { dropped, duplicated, replayed } = this.#around.weather.deliveries;
    const id = dice.uuid();
    const delivery = this.#read(name, id, payload);
    if (dice.chance(dropped)) return;
    this.#post(delivery, 'first', this.#latency());
    if (dice.chance(duplicated)) this.#post(delivery, 'duplicate', this.#latency() + dice.within(duplicateAfterMs));
    if (dice.chance(replayed))
      this.#post({ ...delivery, id: dice.uuid() }, 'replayed', this.#latency() + dice.within(replayAfterMs));
  }

  /** One that says what is not so. */
  forge(name: string, payload: unknown): void {
    this.#post(this.#read(name, this.#dice.uuid(), payload), 'forged', this.#latency());
  }

  #read(name: string, id: string, payload: unknown): Delivery {
    const receivedAt = new Date(this.#around.clock.wallMs()).toISOString();
    return { id, forge: 'github', name, receivedAt, event: parseDelivery(name, id, payload) };
  }

  #latency(): number {
    const { latencyMs, delayed, delayMs } = this.#around.weather.deliveries;
    return this.#dice.within(latencyMs) + (this.#dice.chance(delayed) ? this.#dice.within(delayMs) : 0);
  }

  #post(delivery: Delivery, way: Way, afterMs: number): void {
    const { clock, history } = this.#around;
    this.#onTheirWay += 1;
    history.add('people', { kind: 'delivery-sent', id: delivery.id, event: delivery.event, way });
    clock.as('forge', () => clock.schedule(afterMs, () => this.#arrive(delivery)));
  }

  #arrive(delivery: Delivery): void {
    const { clock, history } = this.#around;
    const replica = this.#dice.pick(this.#listening());
    let isOpen = true;
    const end = (answer: 'accepted' | 'refused') => {
      if (!isOpen) return;
      isOpen = false;
      clock.cancel(timeout);
      this.#onTheirWay -= 1;
      history.add(replica?.actor.name ?? 'forge', { kind: `delivery-${answer}`, id: delivery.id });
      if (answer === 'refused') this.#redeliver(delivery);
    };
    const timeout = clock.as('forge', () => clock.schedule(answerWithinMs, () => end('refused')));
    if (replica === undefined) {
      end('refused');
      return;
    }
    const answer = (how: 'accepted' | 'refused') => clock.as('forge', () => clock.schedule(5, () => end(how)));
    const accept = () => {
      replica.accept(delivery).then(
        () => answer('accepted'),
        () => answer('refused'),
      );
    };
    clock.as(replica.actor.name, () => clock.schedule(0, accept));
  }

  #redeliver(delivery: Delivery): void {
    this.#post(delivery, 'duplicate', this.#dice.within(redeliverAfterMs));
  }
}
