import type { ChangeRef } from '../../../src/event/event.ts';
import type { RunOptions, World } from '../world/world.ts';
import type { Blow, Deed, Lifecycle, Story } from './story.ts';

interface Moment {
  atMs: number;
  afterEvents: number;
  happen: () => void;
}

/** Does to a world what the story says, each at its instant. */
export async function playStory(
  world: World,
  story: Story,
  afterEach: RunOptions['afterEach'] & object,
): Promise<void> {
  const moments = [
    ...story.lifecycles.flatMap((lifecycle) => momentsOf(world, lifecycle)),
    ...story.strikes.map(({ atMs, afterEvents, blow }) => ({
      atMs,
      afterEvents,
      happen: () => strike(world, blow),
    })),
  ].sort((one, other) => one.atMs - other.atMs);
  for (const { atMs, afterEvents, happen } of moments) {
    const ms = atMs - world.clock.nowMs;
    if (ms > 0) await world.pass(ms, { afterEach });
    if (afterEvents > 0) await world.pass(60_000, { afterEach, mostEvents: afterEvents });
    happen();
  }
}

function momentsOf(world: World, { deeds, opensAtMs, ...opening }: Lifecycle): Moment[] {
  const refs: { change?: ChangeRef; twin?: ChangeRef } = {};
  const open = () => {
    refs.change = world.openChange(opening);
  };
  let atMs = opensAtMs;
  const moments: Moment[] = [{ atMs, afterEvents: 0, happen: open }];
  for (const { afterMs, to, deed } of deeds) {
    atMs += afterMs;
    const happen = () => {
      const { change } = refs;
      if (change === undefined) return;
      if (deed.kind === 'twin') refs.twin ??= world.sameHead(change);
      else act(world, to === 'twin' ? (refs.twin ?? change) : change, deed);
    };
    moments.push({ atMs, afterEvents: 0, happen });
  }
  return moments;
}

function act(world: World, change: ChangeRef, deed: Exclude<Deed, { kind: 'twin' }>): void {
  switch (deed.kind) {
    case 'push':
      world.push(change, deed.config === null ? {} : { config: deed.config });
      break;
    case 'force-push-back':
      world.forcePushBack(change);
      break;
    case 'delete-config':
      world.deleteConfig(change);
      break;
    case 'edit-base':
      world.editBase(change);
      break;
    case 'draft':
      world.setDraft(change, deed.draft);
      break;
    case 'close':
      world.close(change);
      break;
    case 'merge':
      world.merge(change);
      break;
    case 'reopen':
      world.reopen(change);
      break;
    case 'labels':
      world.stormOfLabels(change, deed.deliveries);
      break;
    case 'comment':
      world.comment(change, deed.body, deed.by);
      break;
    case 'rerequest':
      world.rerequest(change);
      break;
    case 'enqueue':
      world.enqueue(change);
      break;
    case 'dequeue':
      world.dequeue(change);
      break;
    default:
      deed satisfies never;
  }
}

function strike(world: World, blow: Blow): void {
  const nameOf = (index: number) => world.replicas[index % world.replicas.length] ?? '';
  switch (blow.kind) {
    case 'kill':
      world.killReplica(nameOf(blow.replica), blow.restartAfterMs);
      break;
    case 'freeze':
      world.freezeReplica(nameOf(blow.replica), blow.forMs);
      break;
    case 'drain':
      world.drainReplica(nameOf(blow.replica), blow.restartAfterMs);
      break;
    case 'jump-clock':
      world.jumpClock(nameOf(blow.replica), blow.byMs);
      break;
    case 'forge-outage':
      world.forgeOutage(blow.forMs);
      break;
    case 'cluster-outage':
      world.clusterOutage(blow.forMs);
      break;
    case 'database-outage':
      world.databaseOutage(blow.forMs);
      break;
    default:
      blow satisfies never;
  }
}
