import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { readRepositoryConfig } from '../../src/config/read-repository-config.ts';
import { admit } from '../../src/environment/admit.ts';
import { imageRuleOf } from '../../src/environment/compile-environment.ts';
import type { ImageRule } from '../../src/environment/restricted-pod.ts';
import { renderApplication } from '../../src/environment/sources/render.ts';
import { objectsOfBefore } from '../../src/environment/sources/services.ts';
import { aDeployment, sourced } from './builders.ts';

const images: ImageRule = {
  named: ['shop/web', 'docker.io/library/postgres:15'],
  registries: ['registry.test', 'ghcr.io/acme'],
  defaultRegistry: 'registry.in.use:5000',
};

function messagesFor(...objects: KubernetesObject[]): string[] {
  const problems = admit(objects.map(sourced), { extraKinds: [], putUp: [], restricted: images });
  return problems.map((problem) => problem.message);
}

function withSecurity(securityContext: object): KubernetesObject {
  return aDeployment('web', { securityContext });
}

describe('a pod of a change from a fork', () => {
  test.each<[string, KubernetesObject]>([
    ['says nothing', aDeployment('web')],
    ['names its user', aDeployment('web', {}, { securityContext: { runAsNonRoot: true, runAsUser: 10_001 } })],
    ['drops what it need not have', withSecurity({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })],
  ])('that %s passes', (_, object) => {
    expect(messagesFor(object)).toEqual([]);
  });

  test.each<[string, KubernetesObject, RegExp]>([
    ['runs as root', withSecurity({ runAsUser: 0 }), /runs as root/],
    ['runs as root, all of it', aDeployment('web', {}, { securityContext: { runAsUser: 0 } }), /runs as root/],
    ['may run as root', withSecurity({ runAsNonRoot: false }), /may run as root/],
    ['gains privileges', withSecurity({ allowPrivilegeEscalation: true }), /privilege escalation/],
    ['asks for capabilities', withSecurity({ capabilities: { add: ['SYS_ADMIN'] } }), /capabilities SYS_ADMIN/],
    ['keeps capabilities', withSecurity({ capabilities: { drop: [] } }), /keeps capabilities/],
    ['wants no seccomp', withSecurity({ seccompProfile: { type: 'Unconfined' } }), /"Unconfined"/],
    ['wants no AppArmor', withSecurity({ appArmorProfile: { type: 'Unconfined' } }), /without AppArmor/],
    ['wants another /proc', withSecurity({ procMount: 'Unmasked' }), /procMount/],
    ['turns the kernel', aDeployment('web', {}, { securityContext: { sysctls: [{ name: 'a' }] } }), /sysctls/],
    [
      'hides it in an init container',
      aDeployment(
        'web',
        {},
        {
          initContainers: [{ name: 'init', image: 'shop/web', securityContext: { runAsUser: 0 } }],
        },
      ),
      /runs as root/,
    ],
  ])('that %s is refused, with the remedy', (_, object, message) => {
    const problems = admit([sourced(object)], { extraKinds: [], putUp: [], restricted: images });

    expect(problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
    expect(problems[0]?.suggestion).toBeTruthy();
  });

  test('of a trusted change may all that', () => {
    const rules = { extraKinds: [], putUp: [], restricted: null };

    expect(admit([sourced(withSecurity({ runAsUser: 0 }))], rules)).toEqual([]);
  });

  test('in a CronJob is looked at as well', () => {
    const pod = { containers: [{ name: 'a', image: 'shop/web', securityContext: { runAsUser: 0 } }] };
    const spec = { jobTemplate: { spec: { template: { spec: pod } } } };

    expect(messagesFor({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'c' }, spec })).toEqual([
      expect.stringContaining('runs as root'),
    ]);
  });
});

describe('an image of a change from a fork', () => {
  test.each([
    'shop/web:of-the-change',
    'registry.in.use:5000/shop/web',
    'postgres@sha256:'.replace('postgres', 'docker.io/postgres') + 'a'.repeat(64),
    'registry.test/app:1',
    'ghcr.io/acme/deep/web',
  ])('%s may run', (image) => {
    expect(messagesFor(aDeployment('web', { image }))).toEqual([]);
  });

  test.each([
    'shop/another',
    'ghcr.io/acme-evil/web',
    'ghcr.io/acme',
    'registry.test.evil/app',
    'docker.io/library/alpine',
    'registry.in.use:5000/other/web',
  ])('%s may not', (image) => {
    expect(messagesFor(aDeployment('web', { image }))).toEqual([expect.stringContaining(`the image "${image}"`)]);
  });
});

describe('the example', () => {
  const shop = join(import.meta.dirname, '../../examples/shop');

  test.each(['greenroom.yaml', 'greenroom.manifests.yaml'])('as %s has it fits into "restricted"', async (file) => {
    const read = readRepositoryConfig(await readFile(join(shop, file), 'utf8'), { file });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    const { application } = read.config;
    const { objects } = await renderApplication(application, shop);
    const registry = 'registry.in.use:5000';

    const problems = admit([...objects, ...objectsOfBefore(application.before)], {
      ...{ extraKinds: [], putUp: [] },
      restricted: imageRuleOf(read.config, [registry], registry),
    });

    expect(objects.length).toBeGreaterThan(5);
    expect(problems).toEqual([]);
  });

  test('says in its images by number who runs: the kubelet lets no other into "restricted"', async () => {
    const [api, web, recipes] = await Promise.all(
      ['api/Dockerfile', 'web/Dockerfile', '../../runner/images/images.yaml'].map((file) =>
        readFile(join(shop, file), 'utf8'),
      ),
    );

    expect([api, web].map((text) => /^USER (.*)$/m.exec(text ?? '')?.[1])).toEqual(['10001:10001', '10001:10001']);
    expect(/repository: base\/postgres\n(?:.*\n)*?\s+user: "(.*)"/.exec(recipes ?? '')?.[1]).toBe('10070:10070');
  });
});
