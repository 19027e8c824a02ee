import { marked } from 'marked';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { suitesNamespaceOf } from '../../infra/environment-spec.ts';
import type { Attempt } from './attempts.ts';
import * as all from './attempts.ts';
import { escapingPods } from './escaping-pods.ts';
import { canaryInProc } from './lookout.ts';
import { carriedOut, controls, nastyTexts } from './nasty-texts.ts';
import { type Besieger, type Ended, Siege, type Tried } from './siege.ts';
import { tryAttempts } from './try-attempts.ts';

const besiegers: [Besieger, disk: string][] = [
  ['a colleague', '2Gi'],
  ['a stranger', '1Gi'],
];
/** At once, or not at all; a name that nobody knows would be something else. */
const refused = /^(ECONNREFUSED|silent)$/;

describe.each(besiegers)('%s', (who, disk) => {
  let siege: Siege;
  let result: Ended;

  beforeAll(async () => {
    siege = await Siege.open(who);
    result = await siege.run();
  });
  afterAll(() => siege?.close());

  const suiteNamed = (name: string) => result.run.document.suites.find((suite) => suite.name === name);
  const rooms = () => [result.seen.namespace, suitesNamespaceOf(result.seen.namespace)] as const;
  const podsIn = (namespace: string) => result.seen.pods.filter((pod) => pod.metadata?.namespace === namespace);
  /** What must be nowhere in a pod, by attempt. */
  const sought = (): Record<
    'service-account' | 'credentials' | 'kubeconfig' | 'service-links',
    (string | RegExp)[]
  > => ({
    'service-account': [/kubernetes\.io\/serviceaccount/, /\beyJ[\w-]{10,}\.[\w-]{10,}\./],
    credentials: [...siege.secrets, canaryInProc, /GREENROOM_(GITHUB|REGISTRY|S3|DATA)|DATABASE_URL|AWS_[A-Z]/],
    kubeconfig: [/client-key-data/, /-----BEGIN [A-Z ]*PRIVATE KEY/, /"auths"/],
    'service-links': [/\b(?!KUBERNETES)[A-Z]+_SERVICE_HOST/],
  });
  const found = (loot: string, words: readonly (string | RegExp)[]) =>
    words.filter((word) => (typeof word === 'string' ? loot.includes(word) : word.test(loot)));

  describe('where it is allowed, all of it comes true', () => {
    test('every address that is dialled answers', () => {
      const { host, neighbour, lookout } = result.controls;
      const reached = { ...host, ...neighbour, ...lookout.reached };

      expect(result.controls.names).toEqual(['example.com ENOTFOUND', 'kubernetes.default.svc.cluster.local found']);
      expect(Object.keys(reached).toSorted()).toEqual(all.networkAttempts.map(({ id }) => id).toSorted());
      const words = [host, neighbour, lookout.reached].flatMap((one) => Object.entries(one));
      expect(words.filter(([, word]) => word !== 'open')).toEqual([]);
      expect(result.seen.controls).toEqual({ application: 'open', suite: 'open' });
    });

    test('everything that is looked for is found', () => {
      const { loot, commands, opened } = result.controls.lookout;

      for (const words of Object.values(sought())) expect(found(loot, words)).toEqual(words);
      for (const part of ['kubelet', 'etcd', 'containerd']) expect(commands.join('\n')).toContain(part);
      expect(opened).toEqual(
        expect.arrayContaining([
          '/proc/keys',
          '/proc/sys/kernel/core_pattern',
          '/run/containerd/containerd.sock',
          '/run/greenroom/pod-logs',
        ]),
      );
    });

    test('a pod that asks for nothing is not refused for what it asks for', () => {
      const [application, suites] = rooms().map((room) => result.seen.refusals[`${room} modest`]);

      expect(application).toBe('answered 201');
      expect(suites).toMatch(/answered 201|exceeded quota/);
    });
  });

  const sides: [string, () => Tried][] = [
    ['the application', () => result.attempts.application],
    ['a suite', () => result.attempts.suite],
  ];
  describe.each(sides)('from %s', (_, tried) => {
    describe('over the network', () => {
      const dialled = (id: keyof Tried['reached']) => () => {
        expect(tried().reached[id]).toMatch(refused);
      };
      tryAttempts(all.networkAttempts, everyOne(all.networkAttempts, dialled));
    });

    describe('for tokens', () => {
      const nowhere = (id: keyof ReturnType<typeof sought>) => () => {
        expect(tried().loot.length).toBeGreaterThan(1000);
        expect(found(tried().loot, sought()[id])).toEqual([]);
      };
      tryAttempts(all.tokenAttempts, {
        'service-account': nowhere('service-account'),
        credentials: nowhere('credentials'),
        kubeconfig: nowhere('kubeconfig'),
        'service-links': nowhere('service-links'),
        processes: () => {
          expect(tried().commands.length).toBeGreaterThan(0);
          expect(tried().commands.join('\n')).not.toMatch(/kubelet|etcd|containerd|kube-|vitest|pulumi/);
        },
      });
    });
  });

  describe('between the rooms of an environment', () => {
    const both = () => [result.attempts.application, result.attempts.suite] as const;
    tryAttempts(all.roomAttempts, {
      'application-to-suite': () => expect(both()[0].suite).toMatch(refused),
      'suite-to-suite': () => expect(both()[1].suite).toMatch(refused),
      'stranger-to-application': () => expect(result.seen.strangers.application).toMatch(refused),
      'stranger-to-suite': () => expect(result.seen.strangers.suite).toMatch(refused),
      dns: () => {
        const answers = { 'kubernetes.default.svc.cluster.local': 'found', 'example.com': 'ENOTFOUND' };
        expect(both().map(({ names }) => names)).toEqual([answers, answers]);
      },
    });
  });

  describe('at the node', () => {
    tryAttempts(all.nodeAttempts, {
      kernel: () => expect([result.attempts.application.opened, result.attempts.suite.opened]).toEqual([[], []]),
      'suite-root': () => expect(result.attempts.suite.root).toBe('EROFS'),
    });
  });

  describe('past admission, straight to the API server', () => {
    const answered = (id: keyof typeof escapingPods) => () => {
      for (const room of rooms()) {
        expect(result.seen.refusals[`${room} ${id}`]).toContain('violates PodSecurity');
        expect(result.seen.refusals[`${room} ${id}`]).toMatch(escapingPods[id].word);
      }
    };
    tryAttempts(all.podAttempts, everyOne(all.podAttempts, answered));
  });

  describe('filling', () => {
    tryAttempts(all.fillingAttempts, {
      memory: () => expect(result.attempts.eaten).toMatch(/SIGKILL|ECONNRESET|closed/),
      disk: () => {
        expect(result.attempts.filled).toMatch(/written|ECONNRESET|closed/);
        expect(result.seen.evicted.hungry).toMatch(/ephemeral local storage/);
      },
      'disk-log': () => {
        expect(result.attempts.shouted).toMatch(/said|ECONNRESET|closed/);
        expect(result.seen.evicted.loud).toMatch(/ephemeral local storage/);
      },
      'disk-default': () => {
        const limits = podsIn(rooms()[0]).map(({ metadata, spec }) => [
          String(metadata?.labels?.app),
          spec?.containers[0]?.resources?.limits?.['ephemeral-storage'],
        ]);
        expect(Object.fromEntries(limits)).toEqual({ web: disk, swarm: disk, hungry: '64Mi', loud: '64Mi' });
      },
      'disk-suite': () => {
        const pods = podsIn(rooms()[1]);
        const volumes = pods.flatMap((pod) => pod.spec?.volumes ?? []);
        const containers = pods.flatMap(({ spec }) => [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]);
        expect([pods.length, volumes.length > 0, containers.length]).toEqual([3, true, 6]);
        expect(volumes.filter(({ emptyDir }) => emptyDir?.sizeLimit === undefined)).toEqual([]);
        expect(containers.filter((one) => one.securityContext?.readOnlyRootFilesystem !== true)).toEqual([]);
      },
      processes: () => expect(result.seen.swarm).toContain('Resource temporarily unavailable'),
      others: () => expect(result.attempts.after).toContain('Hello'),
    });
  });

  describe('for results', () => {
    const names = () => suiteNamed('attacker')?.artifacts.map((artifact) => artifact.name) ?? [];
    const forged = () =>
      result.run.document.suites.flatMap((suite) => suite.tests.filter((one) => one.name.includes('forged')));
    tryAttempts(all.resultAttempts, {
      'other-suite': () => {
        expect(result.attempts.suite.forged).toMatch(/^(written|EACCES)$/);
        const smoke = suiteNamed('smoke')?.tests.map(({ name, status }) => [name === 'home' ? name : 'evil', status]);
        expect(Object.fromEntries(smoke ?? [])).toEqual({ home: 'passed', evil: 'failed' });
        expect(forged()).toEqual([]);
        expect(result.run.document.verdict).toBe('failed');
      },
      'other-files': () => {
        expect(names().filter((name) => name.endsWith('smoke.json'))).toEqual(['shard-1/smoke.json']);
        expect(suiteNamed('smoke')?.tests).toHaveLength(2);
        expect(forged()).toEqual([]);
      },
      answers: () => expect(suiteNamed('smoke')).toMatchObject({ status: 'failed', modified: false }),
      links: () => expect(names().filter((name) => /left\/(link|proc|folder|up)/.test(name))).toEqual([]),
      names: () => {
        expect(names().some((name) => name.includes('<img src=x'))).toBe(true);
        expect(names().filter((name) => name.split('/').includes('..') || name.startsWith('/'))).toEqual([]);
      },
      page: async () => {
        const page = names().find((name) => name.endsWith('.html') && name.includes('left/')) ?? '';
        const path = ['attacker', ...page.split('/')].map(encodeURIComponent).join('/');
        const answer = await siege.artifact(result.run, path);
        expect([answer.status, answer.headers.get('content-security-policy')]).toEqual([200, 'sandbox allow-scripts']);
      },
    });
  });

  describe('in texts', () => {
    const rendered = async (markdown: string[]) => Promise.all(markdown.map(async (text) => marked.parse(text)));
    const told = async () => [...siege.checks(result.run), ...siege.comments(), await siege.page(result.run)];
    test('shown as they are, they would be carried out', async () => {
      const [first = ''] = await rendered([nastyTexts[0]]);

      expect(first).toMatch(carriedOut);
      expect(nastyTexts[2]).toMatch(controls);
    });
    tryAttempts(all.textAttempts, {
      checks: async () => {
        expect(siege.checks(result.run).join('\n')).toContain('onerror');
        for (const page of await rendered(siege.checks(result.run))) expect(page).not.toMatch(carriedOut);
      },
      comment: async () => {
        expect(siege.comments().join('\n')).toContain('onerror');
        for (const page of await rendered(siege.comments())) expect(page).not.toMatch(carriedOut);
      },
      page: async () => {
        const page = await siege.page(result.run);
        expect(page).toContain('onerror');
        expect(page).not.toMatch(carriedOut);
      },
      controls: async () => {
        for (const text of await told()) expect(text).not.toMatch(controls);
      },
      secret: async () => {
        const known = [...result.attempts.application.secret].reverse().join('');
        expect(known).toBe(who === 'a stranger' ? 'greenroom-stub' : siege.operatorSecret);
        const everything = [...(await told()), JSON.stringify(result.run.document)].join('\n');
        expect(everything).toContain('the key is');
        expect(everything).not.toContain(siege.operatorSecret);
      },
    });
  });

  describe('against teardown', () => {
    tryAttempts(all.teardownAttempts, {
      deaf: async () => {
        await expect.poll(async () => (await siege.receipt(result.run))?.state, { timeout: 120_000 }).toBe('gone');
        const teardown = await siege.receipt(result.run);
        expect(teardown?.receipt?.durationMs).toBeLessThan(60_000);
      },
      claim: async () => {
        expect(await siege.stand.namespaces()).toEqual([]);
        expect((await siege.receipt(result.run))?.receipt?.blockedBy).toEqual([]);
      },
      stranger: async () => expect(await siege.neighbour.dial(siege.neighbour.address)).toBe('open'),
    });
  });
});

/** The same check for each attempt of a table. */
function everyOne<Id extends string>(
  attempts: readonly Attempt<Id>[],
  check: (id: Id) => () => void,
): Record<Id, () => void> {
  return Object.fromEntries(attempts.map(({ id }) => [id, check(id)])) as Record<Id, () => void>;
}
