import { expect, test } from 'vitest';
import { endingOfError } from '../../../src/runner/ending.ts';
import { refusalOfFork } from '../../../src/runner/policies/fences.ts';

const detail = 'egress went on';

test.each([
  ['yes', 'refuse', null],
  ['yes', 'allow', null],
  ['no', 'refuse', 'POLICIES_NOT_ENFORCED'],
  ['no', 'allow', null],
  ['unknown', 'refuse', 'POLICIES_UNKNOWN'],
  ['unknown', 'allow', null],
] as const)(
  'a change from a fork where policies are enforced: %s, and the operator says %s',
  (enforced, unfenced, code) => {
    const refusal = refusalOfFork({ enforced, detail }, unfenced);

    expect(refusal?.code ?? null).toBe(code);
  },
);

test.each(['no', 'unknown'] as const)(
  'a refusal (%s) says why, what to do and the setting, and is no fault of the change',
  (enforced) => {
    const { error, gate } = endingOfError(refusalOfFork({ enforced, detail }, 'refuse'));

    expect(gate).toBeNull();
    expect(error).toMatchObject({ class: 'environment' });
    expect(error?.message).toContain(detail);
    expect(error?.remedy).toContain('GREENROOM_UNFENCED_FORKS=allow');
    expect(error?.remedy).toContain('greenroom doctor');
  },
);
