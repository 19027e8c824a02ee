import type { Performance } from '../../../src/runner/performance.ts';
import type { Children } from './children.ts';
import type { Dice } from './dice.ts';
import type { Act } from './history.ts';
import { type Actor, type Surroundings, tell } from './surroundings.ts';

/** What the acts of one replica stand on. */
export interface ActsStage {
  around: Surroundings;
  actor: Actor;
  children: Children;
  dice: Dice;
}

/** Writes down when it begins, with what right, and when it ends. */
export async function acting<T>(
  { around, actor }: ActsStage,
  act: Act,
  { recorder }: Pick<Performance, 'recorder'>,
  work: () => Promise<T>,
): Promise<T> {
  const number = around.nextNumber();
  const { id: runId } = recorder.run;
  tell(around, actor, { kind: 'act-begun', act, number, runId, right: around.rightOn(runId, actor.holder) });
  const end = (how: 'done' | 'failed') => tell(around, actor, { kind: 'act-ended', act, number, runId, how });
  try {
    const result = await work();
    end('done');
    return result;
  } catch (error) {
    end('failed');
    throw error;
  }
}
