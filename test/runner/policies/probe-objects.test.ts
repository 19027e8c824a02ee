import { expect, test } from 'vitest';
import { type ProbeSpec, probeNamespace } from '../../../src/runner/policies/probe-objects.ts';
import { expired } from '../../../src/teardown/expired.ts';
import { environmentsOf, type Namespace } from '../../../src/teardown/owned-namespaces.ts';

const expiresAt = 1_800_000_000;
const spec: ProbeSpec = {
  namespace: 'gr-probe-1',
  owner: {
    ...{ instance: 'main', runId: 'probe-1', changeId: 'none', expiresAt },
    ...{ repository: '', changeNumber: null, sha: '' },
  },
  ...{ image: 'registry.test/runner@sha256:1', pullSecret: null, podTemplate: null },
  ...{ word: 'w', deadlineSeconds: 900 },
};

test.each([
  ['leaves alone what is under way', expiresAt - 1, []],
  ['takes what outlived its time', expiresAt, ['gr-probe-1: expired']],
])('the sweep %s', (_, now, taken) => {
  const { metadata } = probeNamespace(spec);
  const environments = environmentsOf([{ metadata: { ...metadata, uid: 'u' } } as Namespace]);
  const candidates = expired(environments, { instance: 'main', openChanges: new Map(), liveRuns: new Set(), now });

  expect(candidates.map(({ environment, reason }) => `${environment.name}: ${reason}`)).toEqual(taken);
});
