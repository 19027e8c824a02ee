import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { RunError, type RunErrorOptions } from '../errors.ts';
import type { ControlVerb } from './control-socket.ts';

export interface ControlCall {
  signal: AbortSignal;
  onProgress?: (progress: unknown) => void;
}

type Line =
  | { progress: unknown }
  | { result: unknown }
  | { error: { doing: string } & Pick<RunErrorOptions, 'code' | 'remedy' | 'hint' | 'problems' | 'evidence'> };

/**
 * Asks the Greenroom that holds this data folder to do something, and resolves with its answer.
 * @throws RunError what the other side threw; NOT_SERVING when nobody listens; SERVICE_WENT_AWAY in the middle
 */
export async function callControl(
  dataDir: string,
  verb: ControlVerb,
  body: unknown,
  call: ControlCall,
): Promise<unknown> {
  const response = await post(await socketPath(dataDir), verb, JSON.stringify(body ?? null), call.signal, dataDir);
  try {
    for await (const text of createInterface({ input: response })) {
      const line = JSON.parse(text) as Line;
      if ('result' in line) return line.result;
      if ('error' in line) {
        const { doing, ...options } = line.error;
        throw new RunError(doing, options);
      }
      call.onProgress?.(line.progress);
    }
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof RunError) throw error;
    throw wentAway(verb, error);
  } finally {
    response.destroy();
  }
  call.signal.throwIfAborted();
  throw wentAway(verb);
}

async function post(
  socketPath: string,
  verb: ControlVerb,
  body: string,
  signal: AbortSignal,
  dataDir: string,
): Promise<IncomingMessage> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const asked = request({ socketPath, path: `/control/${verb}`, method: 'POST', headers, signal });
  asked.end(body);
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    signal.throwIfAborted();
    throw new RunError(`asking the Greenroom of "${dataDir}" for "${verb}"`, {
      code: 'NOT_SERVING',
      remedy: 'fix-input',
      hint: 'Nobody listens there: start it with "greenroom serve".',
      cause: error,
    });
  }
}

async function socketPath(dataDir: string): Promise<string> {
  const direct = join(dataDir, 'greenroom.sock');
  return await readFile(`${direct}.path`, 'utf8').catch(() => direct);
}

function wentAway(verb: ControlVerb, cause?: unknown): RunError {
  return new RunError(`waiting for the answer to "${verb}"`, {
    code: 'SERVICE_WENT_AWAY',
    remedy: 'retry',
    hint: 'The service stopped in the middle; start it again and look at its log.',
    cause,
  });
}
