import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSuites } from '../../src/suites/run-suites.ts';
import { hasCluster, openSuiteCluster, type SuiteCluster } from './suite-cluster.ts';

const files = {
  'slow.yaml': `${Array.from({ length: 480 }, (_, index) => `- { name: slow ${index}, path: /slow }`).join('\n')}\n`,
  'load/types.ts': "import http from 'k6/http'; export default function () { http.gett(); }",
  'load/throws.js': "throw new Error('no such thing');",
};

describe.runIf(hasCluster)('a suite that cannot say how it went', { timeout: 300_000 }, () => {
  let cluster: SuiteCluster;

  beforeAll(async () => {
    cluster = await openSuiteCluster();
  }, 300_000);
  afterAll(() => cluster?.remove(), 60_000);

  test('a broken script, a pod that is taken away and an image that is not there each have their name and class', async () => {
    const planned = await cluster.start([
      { name: 'types', kind: 'load', path: 'load/types.ts' },
      { name: 'throws', kind: 'load', path: 'load/throws.js' },
      { name: 'deleted', kind: 'smoke', path: 'slow.yaml' },
      { name: 'imageless', kind: 'smoke', path: 'slow.yaml', image: 'localhost/nothing:1' },
      { name: 'gone', kind: 'smoke', path: 'nowhere.yaml' },
    ]);
    const input = cluster.input(planned, files);
    let deleted = false;
    input.onProgress = ({ suite, state }) => {
      if (suite !== 'deleted' || state !== 'running' || deleted) return;
      deleted = true;
      void cluster.kubernetes.core.deleteCollectionNamespacedPod({
        namespace: cluster.namespace,
        labelSelector: 'batch.kubernetes.io/job-name=deleted',
        gracePeriodSeconds: 1,
      });
    };

    const results = await runSuites(input);

    expect(results.map(({ name, status, failure }) => `${name}: ${status} ${failure?.class} ${failure?.code}`)).toEqual(
      [
        'types: errored test LOAD_SCRIPT_BROKEN',
        'throws: errored test LOAD_SCRIPT_BROKEN',
        'deleted: errored infrastructure SUITE_POD_DELETED',
        'imageless: errored infrastructure SUITE_IMAGE_MISSING',
        'gone: errored test SUITE_FILES_BROKEN',
      ],
    );
    expect(results[0]?.failure?.evidence[0]).toContain('load/types.ts:1:');
    expect(results[1]?.failure?.message).toContain('no such thing');
  });

  test('a cancelled run has what its suites measured until then', async () => {
    const planned = await cluster.start([{ name: 'cancelled', kind: 'smoke', path: 'slow.yaml' }]);
    const controller = new AbortController();
    const input = { ...cluster.input(planned, files), signal: controller.signal };
    input.onProgress = ({ done }) => {
      if (done > 0) controller.abort(new Error('a newer commit came'));
    };

    const [result] = await runSuites(input);

    expect(result?.status).toBe('cancelled');
    expect(result?.tests.length).toBeGreaterThan(0);
    expect(result?.artifacts.map((artifact) => artifact.name)).toContain('smoke.json');
  });
});
