import { expect, test } from 'vitest';
import { runPage } from '../../src/dashboard/run-page.ts';
import { begun, liveDocument } from './sample-documents.ts';

const namespace = 'gr-shop-7-r1';

test.each([
  [`https://${namespace}.preview.test`, `<a href="https://${namespace}.preview.test">`],
  [`http://web.${namespace}.svc.cluster.local:8080`, `svc.cluster.local:8080</code> (inside the cluster)`],
])('the page of a run shows %s as an address of that kind', (url, markup) => {
  const at = new Date(begun).toISOString();
  const run = {
    ...{ id: 'r1', repository: 'acme/shop', change: 7, changeId: 'c7', headSha: 'a'.repeat(40), baseSha: null },
    ...{ generation: 1, trigger: 'synchronize' as const, trusted: true, phase: 'testing' as const, cancel: null },
    ...{
      onlySuites: null,
      keepUntil: null,
      expiresAt: at,
      environmentName: namespace,
      createdAt: at,
      finishedAt: null,
    },
    ...{ supersededBy: null, lease: null },
    document: { ...liveDocument(), environment: { namespace, url } },
  };

  const page = runPage({ run, siblings: [], log: [], receipt: null, now: new Date(begun) });

  expect(page.sections.map(String).join('')).toContain(markup);
});
