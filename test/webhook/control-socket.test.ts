import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { RunError } from '../../src/errors.ts';
import { callControl } from '../../src/webhook/call-control.ts';
import { type ControlHandler, type ControlSocket, openControlSocket } from '../../src/webhook/control-socket.ts';

let folder: string;
let socket: ControlSocket | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-control-'));
});
afterEach(async () => {
  await socket?.close();
  socket = undefined;
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const nothing: ControlHandler = async () => null;
const open = async (dataDir: string, handlers: Partial<Record<string, ControlHandler>> = {}) => {
  socket = await openControlSocket(dataDir, {
    teardown: nothing,
    sweep: nothing,
    run: nothing,
    status: nothing,
    ...handlers,
  });
  return socket;
};
const never = new AbortController().signal;

test('the answer comes after its progress, and only this user may ask', async () => {
  const { path } = await open(folder, {
    sweep: async (body, say) => {
      say({ doing: 'gr-a' });
      await sleep(10);
      say({ doing: 'gr-b' });
      return { swept: 2, asked: body };
    },
  });
  const progress: unknown[] = [];

  const answer = await callControl(
    folder,
    'sweep',
    { dryRun: true },
    { signal: never, onProgress: (line) => progress.push(line) },
  );

  expect(answer).toEqual({ swept: 2, asked: { dryRun: true } });
  expect(progress).toEqual([{ doing: 'gr-a' }, { doing: 'gr-b' }]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('an error of the other side arrives whole', async () => {
  await open(folder, {
    run: async () => {
      throw new RunError('reading "greenroom.yaml"', {
        code: 'CONFIG_INVALID',
        remedy: 'fix-input',
        hint: 'See the list.',
        problems: [{ file: 'greenroom.yaml', line: 3, message: 'unknown key "servces"' }],
      });
    },
  });

  await expect(callControl(folder, 'run', null, { signal: never })).rejects.toMatchObject({
    name: 'RunError',
    message: 'reading "greenroom.yaml"',
    code: 'CONFIG_INVALID',
    remedy: 'fix-input',
    hint: 'See the list.',
    problems: [{ file: 'greenroom.yaml', line: 3, message: 'unknown key "servces"' }],
  });
});

test('a caller that goes away ends the work', async () => {
  const ended = Promise.withResolvers<string>();
  await open(folder, {
    run: (_body, say, signal) =>
      new Promise((_resolve, reject) => {
        say('begun');
        signal.addEventListener('abort', () => {
          ended.resolve('ended');
          reject(signal.reason);
        });
      }),
  });
  const interrupt = new AbortController();

  const call = callControl(folder, 'run', null, { signal: interrupt.signal, onProgress: () => interrupt.abort() });

  await expect(call).rejects.toThrow('aborted');
  expect(await ended.promise).toBe('ended');
});

test('a data folder with a long path is served on a short one, which leaves nothing behind', async () => {
  const long = join(folder, 'x'.repeat(120));
  await mkdir(long);
  const { path } = await open(long, { status: async () => 'fine' });

  const answer = await callControl(long, 'status', null, { signal: never });
  await socket?.close();

  expect(answer).toBe('fine');
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
  expect(await readdir(long)).toEqual([]);
  await expect(stat(dirname(path))).rejects.toThrow('ENOENT');
});

test('nobody there is said plainly', async () => {
  const empty = await mkdtemp(join(folder, 'empty-'));

  await expect(callControl(empty, 'status', null, { signal: never })).rejects.toMatchObject({
    code: 'NOT_SERVING',
    hint: 'Nobody listens there: start it with "greenroom serve".',
  });
});
