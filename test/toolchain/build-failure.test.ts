import { expect, test } from 'vitest';
import { cureOfBuildFailure } from '../../src/toolchain/build-tool.ts';

test.each([
  ['write /root/.cache/go-build/x: no space left on device', 'fix-input', 'disk'],
  ['go: go.mod requires go >= 1.26 (running go 1.22.1; GOTOOLCHAIN=local)', 'fix-input', 'Go 1.26'],
  ['compile: signal: killed', 'retry', 'memory'],
  ['dial tcp 10.0.0.1:443: i/o timeout', 'retry', 'network'],
  ['./main.go:3:15: undefined: missing', 'report-bug', 'last lines'],
])('%j is cured by %s', (line, remedy, hint) => {
  const cure = cureOfBuildFailure(['# tools/k6', line]);

  expect(cure.remedy).toBe(remedy);
  expect(cure.hint).toContain(hint);
});
