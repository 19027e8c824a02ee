import { leaseMs } from '../../../src/store/leases.ts';
import type { Invariant } from './invariant.ts';

/** Since somebody's last sign of life (docs/guarantees.md). */
const longestMs = 45_000;
/** Rows are asked no oftener. */
const everyMs = 5_000;

interface Left {
  id: string;
  lease_owner: string;
  lease_until: number;
}

/** `claimableRuns`, in words of its own. */
const leftSql = `select id, lease_owner, lease_until from runs where phase <> 'done' and lease_until < ?
  and (phase <> 'queued' or demand is null or admitted_at is not null or cancel is not null)`;

export const playersReplaced: Invariant = {
  name: 'players-replaced',
  promise: 'a run whose player died is taken over within 45 s',
  checked: 'after every step and at quiescence',
  watch: ({ world, known, broken }) => {
    let checkedAtMs = 0;
    const check = (nowMs: number) => {
      checkedAtMs = nowMs;
      // Leases go by the database's clock.
      const wallMs = world.clock.wallMs('database');
      for (const { id, lease_owner, lease_until } of world.rows<Left>(leftSql, wallMs)) {
        const aliveAtMs = nowMs - (wallMs - lease_until) - leaseMs;
        if (known.calmMs(aliveAtMs, nowMs) > longestMs)
          broken(id, `${lease_owner} was alive at ${aliveAtMs} ms for the last time, and nobody has taken it over`);
      }
    };
    return { on: ({ atMs }) => atMs - checkedAtMs >= everyMs && check(atMs), atEnd: ({ atMs }) => check(atMs) };
  },
};
