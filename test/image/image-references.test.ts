import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { imagesOf, imagesToPin, replaceImages } from '../../src/image/image-references.ts';

const pod = (...images: string[]) => ({ containers: images.map((image) => ({ name: 'main', image })) });
const object = (kind: string, spec: object): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: kind.toLowerCase() },
  spec,
});
const found = (name: string) => ({ name, reference: `reg/${name.replace(/:.*/, '')}@sha256:1`, digest: 'sha256:1' });

const sources: [string, KubernetesObject][] = [
  ['a Pod', object('Pod', pod('web:1'))],
  ['a Deployment', object('Deployment', { template: { spec: pod('web:1') } })],
  ['a StatefulSet', object('StatefulSet', { template: { spec: pod('web:1') }, volumeClaimTemplates: [{ spec: {} }] })],
  ['a Job', object('Job', { template: { spec: pod('web:1') } })],
  ['a CronJob', object('CronJob', { jobTemplate: { spec: { template: { spec: pod('web:1') } } } })],
  [
    'an init container',
    object('Job', { template: { spec: { initContainers: [{ image: 'web:1' }], containers: [] } } }),
  ],
];

describe('images of objects', () => {
  test.each(sources)('of %s are found and replaced by digest, whatever tag the manifest has', (_, source) => {
    const [changed] = replaceImages([source], [found('web')], 'reg');

    expect(imagesOf([source])).toEqual(['web:1']);
    expect(changed && imagesOf([changed])).toEqual(['reg/web@sha256:1']);
  });

  test('leave everything else and the original as it was', () => {
    const source = object('Deployment', { replicas: 2, template: { metadata: {}, spec: pod('web:1') } });
    const before = structuredClone(source);

    const [changed] = replaceImages([source], [found('web')], 'reg');

    expect(source).toEqual(before);
    expect(changed).toEqual(
      object('Deployment', { replicas: 2, template: { metadata: {}, spec: pod('reg/web@sha256:1') } }),
    );
  });

  test('of objects that run nothing are none, even when they have a spec', () => {
    const service = object('Service', { selector: { app: 'web' }, template: 'text' });

    expect(imagesOf([service, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: {} }])).toEqual([]);
    expect(replaceImages([service], [], 'reg')).toEqual([service]);
  });

  test('with two tags of one name are kept apart when each was pinned by itself', () => {
    const source = object('Pod', pod('db:15', 'db:16'));
    const pinned = [
      { name: 'db:15', reference: 'reg/db@sha256:15', digest: 'sha256:15' },
      { name: 'db:16', reference: 'reg/db@sha256:16', digest: 'sha256:16' },
    ];

    expect(replaceImages([source], pinned, 'reg').flatMap((each) => imagesOf([each]))).toEqual([
      'reg/db@sha256:15',
      'reg/db@sha256:16',
    ]);
  });

  test('that nobody resolved are never deployed by tag', () => {
    expect(() => replaceImages([object('Pod', pod('web:1'))], [], 'reg')).toThrow(
      expect.objectContaining({ code: 'IMAGE_UNRESOLVED' }),
    );
  });

  test('that are written by digest already need nobody', () => {
    const source = object('Pod', pod(`web@sha256:${'b'.repeat(64)}`));

    expect(replaceImages([source], [], 'reg')).toEqual([source]);
  });

  test('are to be pinned when no entry of `images:` has their name, with or without the host', () => {
    expect(imagesToPin(['reg:5000/web:1', 'db:15', 'db:15', 'x.y/web:1'], ['web'], 'reg:5000')).toEqual([
      'db:15',
      'x.y/web:1',
    ]);
  });
});
