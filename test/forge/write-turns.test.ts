import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { publishedPace } from '../../src/forge/github/write-pace.ts';
import { type Urgency, WriteTurns } from '../../src/forge/github/write-turns.ts';

const never = new AbortController().signal;
const quick = { writes: { burst: 1000, intervalMs: 1 }, creations: { burst: 1000, intervalMs: 1 } };

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => void vi.useRealTimers());

function aWriter(turns: WriteTurns) {
  const said: string[] = [];
  const write = (what: string, urgency: Urgency = 'progress', part: { signal?: AbortSignal; tookMs?: number } = {}) =>
    turns.run({ kind: 'write', urgency, signal: part.signal ?? never }, async () => {
      said.push(what);
      await new Promise((resolve) => setTimeout(resolve, part.tookMs ?? 0));
    });
  return { said, write };
}

describe('the turns of writes', () => {
  test('one goes out at a time, the most urgent first, the others as they came', async () => {
    const { said, write } = aWriter(new WriteTurns(quick, Date.now));
    const all = [
      write('first', 'progress', { tookMs: 500 }),
      write('progress'),
      write('answer', 'answer'),
      write('conclusion of a', 'conclusion'),
      write('conclusion of b', 'conclusion'),
    ];
    await vi.advanceTimersByTimeAsync(499);
    expect(said).toEqual(['first']);

    await vi.runAllTimersAsync();
    await Promise.all(all);

    expect(said).toEqual(['first', 'conclusion of a', 'conclusion of b', 'answer', 'progress']);
  });

  test('a write that breaks gives its turn on', async () => {
    const turns = new WriteTurns(quick, Date.now);
    const { said, write } = aWriter(turns);
    const broken = turns.run({ kind: 'write', urgency: 'progress', signal: never }, () =>
      Promise.reject(new Error('no')),
    );

    await expect(broken).rejects.toThrow('no');
    const next = write('next');
    await vi.runAllTimersAsync();
    await next;

    expect(said).toEqual(['next']);
  });

  test('in a pause that GitHub asked for words that matter wait, the last word first, and progress is not held up', async () => {
    const turns = new WriteTurns(quick, Date.now);
    const { said, write } = aWriter(turns);
    turns.hold(Date.now() + 60_000);
    const all = [write('answer', 'answer'), write('conclusion', 'conclusion'), write('progress')];

    await vi.advanceTimersByTimeAsync(59_000);
    expect(said).toEqual(['progress']);
    await vi.runAllTimersAsync();
    await Promise.all(all);

    expect(said).toEqual(['progress', 'conclusion', 'answer']);
  });

  test('whose turn has come while a reader meets a limit waits anew, and looks anew', async () => {
    const turns = new WriteTurns(quick, Date.now);
    const said: string[] = [];
    let looks = 0;
    const mayBegin = async () => {
      looks += 1;
      if (looks === 1) turns.hold(Date.now() + 60_000);
    };
    const told = turns.run({ kind: 'write', urgency: 'conclusion', signal: never, mayBegin }, async () => {
      said.push(`after look ${looks}`);
    });

    await vi.advanceTimersByTimeAsync(59_000);
    expect(said).toEqual([]);
    await vi.runAllTimersAsync();
    await told;

    expect(said).toEqual(['after look 2']);
  });

  test('one that waits for the pace of creations lets others pass', async () => {
    const turns = new WriteTurns({ ...quick, creations: { burst: 1, intervalMs: 60_000 } }, Date.now);
    const { said, write } = aWriter(turns);
    const create = () =>
      turns.run({ kind: 'creation', urgency: 'conclusion', signal: never }, async () => void said.push('creation'));
    const all = [create(), create(), write('write')];

    await vi.advanceTimersByTimeAsync(10);
    expect(said).toEqual(['creation', 'write']);
    await vi.runAllTimersAsync();
    await Promise.all(all);

    expect(said).toEqual(['creation', 'write', 'creation']);
  });

  test("waiting for one's turn ends with the signal's reason, and holds up nobody", async () => {
    const turns = new WriteTurns({ ...publishedPace, writes: { burst: 1, intervalMs: 60_000 } }, Date.now);
    const { said, write } = aWriter(turns);
    await Promise.all([write('first'), vi.advanceTimersByTimeAsync(1)]);
    const controller = new AbortController();
    const waiting = write('second', 'conclusion', { signal: controller.signal });
    const behind = write('third');

    controller.abort(new Error('superseded'));

    await expect(waiting).rejects.toThrow('superseded');
    await Promise.all([behind, vi.runAllTimersAsync()]);
    expect(said).toEqual(['first', 'third']);
  });
});
