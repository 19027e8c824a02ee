import type { Phase, PhaseRecord } from '../verdict/verdict-document.ts';
import { Phase as PhaseSchema } from '../verdict/verdict-document.ts';

export const phaseOrder: readonly Phase[] = PhaseSchema.options;

/**
 * Whether a run may go from one phase to another: to the next one, or ahead to reporting or teardown when there is
 * nothing left to test. `done` is reached from teardown alone.
 */
export function mayFollow(from: Phase, to: Phase): boolean {
  const step = phaseOrder.indexOf(to) - phaseOrder.indexOf(from);
  return step === 1 || (step > 1 && (to === 'reporting' || to === 'teardown'));
}

export function pendingPhases(): PhaseRecord[] {
  return phaseOrder.map((name) => ({ name, status: 'pending', startedAt: null, durationMs: null }));
}

/** Ends the record of a phase that is under way; leaves any other as it is. */
export function endPhase(
  records: PhaseRecord[],
  name: Phase,
  status: PhaseRecord['status'],
  at: string,
): PhaseRecord[] {
  return records.map((record) =>
    record.name === name && record.status === 'running'
      ? { ...record, status, durationMs: Math.max(0, Date.parse(at) - Date.parse(record.startedAt ?? at)) }
      : record,
  );
}

/** Begins a phase; the ones before it that never began were skipped. */
export function beginPhase(records: PhaseRecord[], name: Phase, at: string): PhaseRecord[] {
  const index = phaseOrder.indexOf(name);
  return records.map((record) => {
    if (record.name === name) return { ...record, status: 'running', startedAt: at, durationMs: null };
    const passedBy = phaseOrder.indexOf(record.name) < index && record.status === 'pending';
    return passedBy ? { ...record, status: 'skipped' } : record;
  });
}
