import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreFaults } from '../store/session.ts';
import { connectionLost, serializationFailure } from '../store/sqlite-values.ts';
import type { Actor, Surroundings } from './surroundings.ts';

/** What the weather does between a replica and its database. */
export function storeFaults(around: Surroundings, actor: Actor): StoreFaults {
  const { clock } = around;
  const dice = around.dice(`store of ${actor.holder}`);
  const forFreezes = around.dice(`freezes of ${actor.holder}`);
  let committed = false;
  const isAway = () => around.away.database > clock.nowMs;
  const failed = (error: Error) => {
    around.history.add('world', { kind: 'store-failed', replica: actor.name });
    return error;
  };
  return {
    async enter() {
      await sleep(dice.within(around.weather.store.latencyMs));
      await clock.gate();
      if (isAway()) throw failed(connectionLost());
    },
    statement(sql) {
      if (dice.chance(around.weather.store.serialization / 4) && !sql.startsWith('begin'))
        throw failed(serializationFailure());
    },
    commit() {
      const { serialization, lostBefore } = around.weather.store;
      if (dice.chance(serialization)) throw failed(serializationFailure());
      if (dice.chance(lostBefore)) throw failed(connectionLost());
      committed = true;
    },
    async leave() {
      const { frozenAfter, frozenMs } = around.weather.store;
      if (committed && forFreezes.chance(frozenAfter)) around.freeze(actor.name, forFreezes.within(frozenMs));
      committed = false;
      await clock.gate();
      if (dice.chance(around.weather.store.lostAfter)) throw failed(connectionLost());
    },
  };
}
