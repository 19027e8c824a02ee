import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { execPath } from 'node:process';
import { setInterval as everyMs, setImmediate as immediately, setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { traceOf } from './random-program.ts';
import { takeOver } from './take-over.ts';
import { VirtualClock } from './virtual-clock.ts';

const hourMs = 3_600_000;
let clock: VirtualClock;
let restore: () => void;
let said: string[];
const say = (what: string) => said.push(`${performance.now()} ${what}`);

describe('on a virtual clock', () => {
  beforeEach(() => {
    clock = new VirtualClock();
    restore = takeOver(clock, 1);
    said = [];
  });
  afterEach(() => restore());

  test('timers come by time, then in the order in which they were set', async () => {
    setTimeout(say, 20, 'b');
    setTimeout(say, 10, 'a');
    setTimeout(say, 20, 'c');
    setImmediate(say, 'at once');
    setTimeout(say, 0, 'as soon as a timer can');
    setTimeout(say, hourMs, 'much later').unref();

    const end = await clock.run();

    expect(said).toEqual(['0 at once', '1 as soon as a timer can', '10 a', '20 b', '20 c', '3600000 much later']);
    expect(end).toEqual({ reason: 'idle', events: 6 });
  });

  test('everything that an event leads to is over before the next, however long the chain', async () => {
    setTimeout(async () => {
      for (let step = 0; step < 5_000; step++) await null;
      process.nextTick(() => queueMicrotask(() => say('the end of a long chain')));
    }, 5);
    setTimeout(say, 5, 'the next event');

    await clock.run();

    expect(said).toEqual(['5 the end of a long chain', '5 the next event']);
  });

  test('a run ends at its horizon and goes on from there', async () => {
    setTimeout(say, 10, 'first');
    setTimeout(say, 30, 'second');

    const ends = [await clock.run({ untilMs: 20 }), clock.nowMs, await clock.run({ mostEvents: 0 }), await clock.run()];

    expect(ends).toEqual([
      { reason: 'horizon', events: 1 },
      20,
      { reason: 'most-events', events: 0 },
      { reason: 'idle', events: 1 },
    ]);
  });

  test('each event is told when all of it is over, and what is thrown then ends the run', async () => {
    setTimeout(() => void Promise.resolve().then(() => say('done')), 10);
    clock.as('a', () => setTimeout(say, 20, 'more'));
    const seen: unknown[] = [];

    await clock.run({ afterEach: (event) => seen.push({ ...event, said: said.length }) });
    setTimeout(say, 10, 'again');
    const failing = clock.run({
      afterEach: () => {
        throw new Error('an invariant is broken');
      },
    });

    await expect(failing).rejects.toThrow('an invariant is broken');
    expect(seen).toEqual([
      { atMs: 10, owner: 'world', said: 1 },
      { atMs: 20, owner: 'a', said: 2 },
    ]);
  });

  test('a cleared timer never comes, a refreshed one comes later, an interval until it is cleared', async () => {
    clearTimeout(setTimeout(say, 10, 'never'));
    const late = setTimeout(say, 10, 'refreshed');
    setTimeout(() => late.refresh(), 6);
    const beat = setInterval(() => {
      say('beat');
      if (said.length > 3) clearInterval(beat);
    }, 7);

    await clock.run();

    expect(said).toEqual(['7 beat', '14 beat', '16 refreshed', '21 beat']);
    expect(clock.nowMs).toBe(21);
  });

  test('the promises of timers, too, and an interval of them', async () => {
    const work = (async () => {
      say(await immediately('at once'));
      say(await sleep(10, 'slept'));
      for await (const beat of everyMs(5, 'beat')) {
        say(beat);
        if (said.length === 4) return;
      }
    })();

    await clock.run();
    await work;

    expect(said).toEqual(['0 at once', '10 slept', '15 beat', '20 beat']);
  });

  test('a sleep that is aborted rejects at once as Node’s does, and leaves no listener behind', async () => {
    const stop = new AbortController();
    const gone = sleep(hourMs, undefined, { signal: stop.signal }).catch((error: unknown) => {
      say('aborted');
      return error;
    });
    const slept = sleep(5, 'slept', { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('the reason')), 10);

    await clock.run();
    const tooLate = sleep(1, undefined, { signal: stop.signal });

    expect(await gone).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: new Error('the reason') });
    await expect(tooLate).rejects.toMatchObject({ name: 'AbortError' });
    expect([await slept, said, clock.nowMs]).toEqual(['slept', ['10 aborted'], 10]);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  test('time-out signals come on the clock, alone and together with others', async () => {
    const late = AbortSignal.timeout(50);
    const stop = new AbortController();
    const either = AbortSignal.any([stop.signal, AbortSignal.timeout(20)]);
    either.addEventListener('abort', () => say(String(either.reason)));
    late.addEventListener('abort', () => say(`${late.reason.name} ${late.reason instanceof DOMException}`));

    await clock.run();

    expect(said).toEqual(['20 TimeoutError: The operation was aborted due to timeout', '50 TimeoutError true']);
  });

  test('p-queue keeps its order and its time-outs', async () => {
    const queue = new PQueue({ concurrency: 2, timeout: 100 });
    const task = (name: string, ms: number) =>
      queue
        .add(() => sleep(ms))
        .then(
          () => say(name),
          (error: Error) => say(`${name} ${error.name}`),
        );
    void task('a', 30);
    void task('b', 10);
    void task('c', hourMs);
    void task('d', 10);
    void queue.onIdle().then(() => say('idle'));

    await clock.run({ untilMs: 10_000 });

    expect(said).toEqual(['10 b', '30 a', '40 d', '110 c TimeoutError', '110 idle']);
  });

  test('a killed owner never goes on, and a new one of its name is not stopped', async () => {
    const doomed = async () => {
      for (;;) {
        await sleep(10);
        say(`${clock.owner} lives`);
      }
    };
    clock.as('a', () => void doomed());
    clock.as('b', () => setTimeout(say, 40, 'b lives'));
    setTimeout(() => {
      clock.kill('a');
      clock.as('a', () => setTimeout(say, 5, 'another a lives'));
    }, 25);

    await clock.run();

    expect(said).toEqual(['10 a lives', '20 a lives', '30 another a lives', '40 b lives']);
  });

  test('who is killed by its own deed does no more than end its event', async () => {
    clock.as('a', async () => {
      await sleep(10);
      clock.kill('a');
      say(`dead: ${clock.isDead}`);
      void clock.call('forge', () => say('heard of the dead'));
      await sleep(1);
      say('woke up');
    });

    await clock.run();

    expect(said).toEqual(['10 dead: true']);
    expect(clock.pending).toBe(0);
  });

  test('a frozen owner does what waited when it is thawed, with its clocks gone on', async () => {
    clock.as('a', () => {
      setTimeout(say, 10, 'a 10');
      setTimeout(say, 15, 'a 15');
      clearTimeout(setTimeout(say, 12, 'cleared'));
      setTimeout(say, 90, 'a 90');
      AbortSignal.timeout(20).addEventListener('abort', () => say(`late at ${new Date().toISOString()}`));
    });
    clock.as('b', () => setTimeout(say, 10, 'b'));
    setTimeout(() => clock.freeze('a'), 5);
    setTimeout(() => clock.thaw('a'), 60);

    await clock.run();

    expect(said).toEqual(['10 b', '60 a 10', '60 a 15', '60 late at 2026-01-01T00:00:00.060Z', '90 a 90']);
  });

  test('one that is thawed between two runs does nothing before its time', async () => {
    clock.as('a', () => setTimeout(say, 100, 'a'));
    clock.freeze('a');

    const whileFrozen = await clock.run();
    clock.thaw('a');
    await clock.run();

    expect([whileFrozen, said]).toEqual([{ reason: 'idle', events: 0 }, ['100 a']]);
  });

  test('an abort from outside reaches a frozen sleeper when it is thawed, and a dead one never', async () => {
    const stop = new AbortController();
    for (const name of ['frozen', 'dead']) {
      clock.as(name, () => sleep(hourMs, undefined, { signal: stop.signal }).catch(() => say(`${name} was aborted`)));
    }
    setTimeout(() => {
      clock.freeze('frozen');
      clock.kill('dead');
      stop.abort();
    }, 10);
    setTimeout(() => clock.thaw('frozen'), 50);

    await clock.run();

    expect(said).toEqual(['50 frozen was aborted']);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  test('a request goes on at the other side, and its answer waits for the one who asked', async () => {
    const ask = async (name: string) => {
      const answer = await clock.call('forge', async () => {
        await sleep(10);
        say(`${clock.owner} did it for ${name}`);
        return 'an answer';
      });
      say(`${clock.owner} got ${answer}`);
    };
    for (const name of ['live', 'frozen', 'dead']) clock.as(name, () => void ask(name));
    clock.as('frozen-before', () => setTimeout(() => void ask('frozen-before'), 1));
    setTimeout(() => {
      clock.freeze('frozen');
      clock.kill('dead');
    }, 5);
    clock.freeze('frozen-before');
    setTimeout(() => {
      clock.thaw('frozen');
      clock.thaw('frozen-before');
    }, 30);

    await clock.run();

    expect(said).toEqual([
      '10 forge did it for live',
      '10 forge did it for frozen',
      '10 forge did it for dead',
      '10 live got an answer',
      '30 frozen got an answer',
      '40 forge did it for frozen-before',
      '40 frozen-before got an answer',
    ]);
  });

  test('a jump of one wall clock moves neither the others nor the time that passes', async () => {
    clock.as('a', () => setTimeout(() => say(`${new Date().toISOString()} ${Date.now() - performance.now()}`), 10));
    setTimeout(() => say(new Date().toISOString()), 10);
    clock.jump('a', -hourMs);

    await clock.run();

    const began = Date.UTC(2026, 0, 1);
    expect(said).toEqual([`10 2025-12-31T23:00:00.010Z ${began - hourMs}`, '10 2026-01-01T00:00:00.010Z']);
    expect([clock.wallMs('a'), clock.wallMs('b'), clock.nowMs]).toEqual([began - hourMs + 10, began + 10, 10]);
  });

  test('a date is still a date', () => {
    expect(new Date()).toBeInstanceOf(Date);
    expect(new Date(5).getTime()).toBe(5);
    expect(new Date(2026, 0, 2).getDate()).toBe(2);
    expect(Date()).toBe(new Date().toString());
    expect(Date.UTC(2026, 0, 1)).toBe(Date.now());
    expect(new (class Day extends Date {})().getTime()).toBe(Date.now());
    expect(structuredClone(new Date(7))).toEqual(new Date(7));
  });

  test('only one clock at a time', () => {
    expect(() => takeOver(new VirtualClock(), 2)).toThrow('taken over already');
  });
});

test('the same seed gives the same thousand lives, in this process and in another', async () => {
  const module = new URL('./random-program.ts', import.meta.url).href;
  const program = `const { traceOf } = await import(${JSON.stringify(module)});
    process.stdout.write((await traceOf(7)).join('\\n'));`;
  const elsewhere = execFileSync(execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });

  const [one, again, other] = [await traceOf(7), await traceOf(7), await traceOf(8)];

  expect(one.length).toBeGreaterThan(3_000);
  expect(again).toEqual(one);
  expect(elsewhere.split('\n')).toEqual(one);
  expect(other).not.toEqual(one);
});
