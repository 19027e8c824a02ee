import { maxPods } from '../environment/compile-environment.ts';
import { demandOf } from '../environment/demand-of.ts';
import { objectsOfBefore } from '../environment/sources/services.ts';
import type { SourcedObject } from '../environment/sources/sourced-object.ts';
import type { Demand } from '../run/demand.ts';
import { planSuites } from '../suites/plan-suites.ts';
import type { Plan } from './read-plan.ts';

/** What a run will ask of the cluster, known before its images are. PURE. */
export function demandOfRun({ config }: Plan, rendered: readonly SourcedObject[]): Demand {
  const objects = rendered.map(({ object }) => object);
  const suites = planSuites({
    suites: config.suites,
    modified: new Set(),
    images: { runner: '', browser: '', own: {} },
    runId: '',
    egress: [],
  });
  const { cpu, memory } = config.limits;
  return demandOf({
    objects: objects.filter((object) => object.kind !== 'Job'),
    before: [
      ...objects.filter((object) => object.kind === 'Job'),
      ...objectsOfBefore(config.application.before).map(({ object }) => object),
    ],
    suites: suites.map(({ pod }) => pod),
    quota: { cpu, memory, pods: maxPods },
  });
}
