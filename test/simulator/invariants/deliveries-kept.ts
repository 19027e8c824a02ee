import type { ForgeEvent } from '../../../src/event/event.ts';
import type { Invariant } from './invariant.ts';

const command = /^\/(greenroom\s+)?(redeploy|run|teardown|keep|approve|help)\b/m;

export const deliveriesKept: Invariant = {
  name: 'deliveries-kept',
  promise: 'what was accepted is handled in the end, and what a command asks for is remembered with it',
  checked: 'after every step and at quiescence',
  watch: ({ world, broken }) => {
    const sent = new Map<string, ForgeEvent>();
    const accepted = new Set<string>();
    return {
      on: (entry) => {
        if (entry.kind === 'delivery-sent' && entry.way !== 'forged') sent.set(entry.id, entry.event);
        if (entry.kind !== 'delivery-accepted') return;
        accepted.add(entry.id);
        const [row] = world.rows('select id from deliveries where id = ?', entry.id);
        if (row === undefined) broken(entry.id, 'it was accepted, and no row knows of it');
      },
      atEnd: ({ rows }) => {
        const handled = new Set(rows.deliveries.filter((row) => row.handled_at !== null).map((row) => row.id));
        const comments = new Set(rows.comments.map((row) => row.comment_id));
        for (const id of accepted) {
          const event = sent.get(id);
          if (!handled.has(id)) broken(id, `it was accepted (${event?.kind}) and never handled`);
          if (event?.kind !== 'command' || event.authorIsBot || !command.test(event.body)) continue;
          if (!comments.has(event.commentId)) broken(event.commentId, `"${event.body}" was accepted and never done`);
        }
      },
    };
  },
};
