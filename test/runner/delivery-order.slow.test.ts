import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ForgeEvent } from '../../src/event/event.ts';
import type { Change, Forge, QueueEntry } from '../../src/forge/forge.ts';
import { silentLog } from '../../src/log.ts';
import { handleEvent } from '../../src/runner/handle-event.ts';
import { liveRuns } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';

const config = `version: 1
application: { entry: { service: web, port: 80 }, services: [{ name: web, image: web, port: 80 }] }
`;
const noSignal = new AbortController().signal;
let store: Store;
let worlds = 0;

beforeAll(async () => {
  store = await openEmbeddedStore({ log: silentLog(), wakeUps: 'none' });
});
afterAll(() => store.close());

type Deed = 'push' | 'push-back' | 'close' | 'reopen' | 'draft' | 'ready' | 'enqueue' | 'dequeue';

/** What happens at the forge, and after each deed which of the deliveries under way arrive: by their place, some of them again. */
interface Course {
  deeds: { deed: Deed; arrive: number[] }[];
  /** The order of those that are left at the end, and which of all come once more. */
  last: { order: number[]; again: number[] };
}

const place = fc.nat({ max: 40 });
const course: fc.Arbitrary<Course> = fc.record({
  deeds: fc.array(
    fc.record({
      deed: fc.constantFrom<Deed[]>(
        'push',
        'push',
        'push-back',
        'close',
        'reopen',
        'draft',
        'ready',
        'enqueue',
        'enqueue',
        'dequeue',
      ),
      arrive: fc.array(place, { maxLength: 3 }),
    }),
    { maxLength: 8 },
  ),
  last: fc.record({ order: fc.array(place, { maxLength: 12 }), again: fc.array(place, { maxLength: 4 }) }),
});

test('in whatever order deliveries come, and however often, what is wanted in the end runs, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(course, async (one) => {
      const world = aWorld();
      await play(world, one);

      expect(await liveIn(world)).toEqual(world.wanted());
    }),
    { numRuns: 60 },
  );
});

/** One change, and its merge queue, at a forge that keeps what it is told. */
function aWorld() {
  worlds += 1;
  const repository = `acme/shop-${worlds}`;
  const ref = { repository, number: 1 };
  const events: ForgeEvent[] = [];
  const heads: string[] = [];
  let commits = 0;
  const commit = () => (worlds * 1000 + ++commits).toString(16).padStart(40, '0');
  const baseSha = commit();
  const change: Change = {
    ...ref,
    title: 'A change',
    author: 'olivia',
    open: true,
    draft: false,
    headSha: commit(),
    headRepository: repository,
    headRef: 'topic',
    baseSha,
    baseRef: 'main',
    labels: [],
    trusted: true,
    url: '',
  };
  heads.push(change.headSha);
  const queue: QueueEntry[] = [];
  const opened = (how: 'opened' | 'reopened' | 'ready-for-review') => {
    events.push({ kind: 'change-opened', change: ref, headSha: change.headSha, draft: change.draft, how });
  };
  const dequeue = (how: string) => {
    const [entry] = queue.splice(0);
    if (entry) events.push({ kind: 'queue-left', entry: { repository, ref: entry.ref }, how });
  };
  const move = (headSha: string) => {
    dequeue('dequeued');
    change.headSha = headSha;
    heads.push(headSha);
    if (change.open) events.push({ kind: 'head-moved', change: ref, headSha, draft: change.draft });
  };
  const deeds: Record<Deed, () => void> = {
    push: () => move(commit()),
    'push-back': () => move(heads.at(-2) ?? change.headSha),
    close() {
      if (!change.open) return;
      dequeue('dequeued');
      change.open = false;
      events.push({ kind: 'change-closed', change: ref, merged: false });
    },
    reopen() {
      if (change.open) return;
      change.open = true;
      opened('reopened');
    },
    draft() {
      dequeue('dequeued');
      change.draft = true;
    },
    ready() {
      if (!change.draft) return;
      change.draft = false;
      opened('ready-for-review');
    },
    enqueue() {
      if (!change.open || change.draft || queue.length > 0) return;
      const name = `refs/heads/gh-readonly-queue/main/pr-1-${baseSha}`;
      const entry = { repository, ref: name, headSha: commit(), baseSha, baseRef: 'main', change: 1 };
      queue.push(entry);
      events.push({ kind: 'queue-entered', entry: { repository, ref: name }, headSha: entry.headSha, baseSha });
    },
    dequeue: () => dequeue('dequeued'),
  };
  opened('opened');
  const forge: Partial<Forge> = {
    getChange: async () => structuredClone(change),
    listQueue: async () => structuredClone(queue),
    readFile: async () => config,
    changedFiles: async () => ['src/app.ts'],
  };
  return {
    repository,
    forge: forge as Forge,
    events,
    act: (deed: Deed) => deeds[deed](),
    /** Heads that are wanted: of the change while it is open, of the entry while the queue has it. */
    wanted: () => [...(change.open ? [change.headSha] : []), ...queue.map(({ headSha }) => headSha)].sort(),
  };
}

async function play(world: ReturnType<typeof aWorld>, { deeds, last }: Course): Promise<void> {
  const { events } = world;
  const left = new Set<ForgeEvent>(events);
  const arrive = async (event: ForgeEvent | undefined) => {
    if (event === undefined) return;
    left.delete(event);
    const work = { store, forge: world.forge, log: silentLog(), maxTtlMs: 3_600_000, extend: async () => undefined };
    await handleEvent(work, event, async () => true, noSignal);
  };
  for (const { deed, arrive: places } of deeds) {
    const before = events.length;
    world.act(deed);
    for (const event of events.slice(before)) left.add(event);
    for (const at of places) await arrive(events[at % events.length]);
  }
  for (const at of last.order) await arrive([...left][at % Math.max(1, left.size)]);
  for (const event of [...left]) await arrive(event);
  for (const at of last.again) await arrive(events[at % events.length]);
}

/** Heads of the runs that nobody told to end. */
async function liveIn({ repository }: { repository: string }): Promise<string[]> {
  const live = await liveRuns(store);
  return live
    .filter((run) => run.repository === repository && run.cancel === null)
    .map(({ headSha }) => headSha)
    .sort();
}
