import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/run/run.ts';
import { type ChangeFacts, type PlanReading, readPlan } from '../../src/runner/read-plan.ts';
import type { Source } from '../../src/runner/source.ts';
import { sampleRun, shaB } from '../store/sample-run.ts';

const signal = new AbortController().signal;
const plain = 'triggers: { branches: [main], paths-ignore: ["docs/**"] }';
const config = (more = plain, suites = twoSuites) => `version: 1
application:
  entry: { service: web, port: 8080 }
  services:
    - { name: web, image: 'shop/web:\${sha}', port: 8080 }
${suites}
${more}
`;
const twoSuites = `suites:
  - { name: smoke, kind: smoke, path: scenarios/smoke.yaml }
  - { name: browse, kind: load, path: scenarios/browse.ts, required: false }`;
const broken = 'version: 1\napplication: { entry: { service: web, port: 8080 } }\nsuits: []\n';
const open: ChangeFacts = { baseRef: 'main', draft: false, approved: false };

interface Case {
  head?: string | null;
  base?: string | null;
  changed?: string[];
  run?: Partial<Run>;
  change?: ChangeFacts | null;
}

/** Files of a head and a base, held in memory: a third kind of source. */
function sourceOf({ head = config(), base = config(), changed = ['web/src/main.ts'] }: Case): Source {
  return {
    standing: async () => ({ open: true, headSha: '' }),
    readFile: async (side, path) => (path === 'greenroom.yaml' ? (side === 'head' ? head : base) : null),
    changedFiles: async () => changed,
    fetchTree: async () => undefined,
  };
}

function readingOf(given: Case): Promise<PlanReading> {
  const run = sampleRun('r1', 1, { baseSha: shaB, ...given.run });
  return readPlan(sourceOf(given), run, given.change === undefined ? open : given.change, signal);
}

describe('what a run is to do', () => {
  const gates: [string, Case, string][] = [
    ['a change from a fork', { run: { trusted: false } }, 'AWAITING_APPROVAL'],
    ['a change that deletes the file', { head: null }, 'CONFIG_DELETED'],
    ['a change whose file has problems', { head: broken }, 'CONFIG_INVALID'],
    ['a suite that is asked for and not there', { run: { onlySuites: ['smok'] } }, 'UNKNOWN_SUITE'],
    [
      'a working tree without the file',
      { head: null, base: null, change: null, run: { change: null } },
      'CONFIG_MISSING',
    ],
  ];
  test.each(gates)('%s stops at the gate, class product', async (_, given, code) => {
    const reading = await readingOf(given);

    expect(reading).toMatchObject({ kind: 'gate', failure: { code, class: 'product' } });
  });

  const skips: [string, Case, RegExp][] = [
    ['no file on either side', { head: null, base: null }, /no greenroom\.yaml on this branch or its base/],
    ['a file that an approved change deletes', { head: null, change: { ...open, approved: true } }, /approved/],
    ['a draft', { change: { ...open, draft: true } }, /draft/],
    ['another base branch', { change: { ...open, baseRef: 'next' } }, /"next" is not among/],
    ['only paths that the rules leave out', { changed: ['docs/a.md'] }, /every changed path/],
    [
      'a change that gives itself other rules: the base decides',
      { head: config(''), change: { ...open, draft: true } },
      /draft/,
    ],
  ];
  test.each(skips)('%s is skipped by rule', async (_, given, reason) => {
    const reading = await readingOf(given);

    expect(reading).toEqual({ kind: 'skip', reason: expect.stringMatching(reason) });
  });

  test.each(['command', 'rerun', 'local'] as const)(
    'a run that a person asked for (%s) is not skipped by rules',
    async (trigger) => {
      const reading = await readingOf({ run: { trigger }, change: { ...open, draft: true, baseRef: 'next' } });

      expect(reading.kind).toBe('run');
    },
  );

  test('a file that the change brings where the base has none decides for itself', async () => {
    const reading = await readingOf({ base: null });

    expect(reading).toMatchObject({ kind: 'run', plan: { decidedBy: 'head', missingRequired: [] } });
  });

  test('a required suite that the change drops is missed, and one that it makes optional stays required', async () => {
    const head = config(plain, `suites:\n  - { name: browse, kind: load, path: scenarios/browse.ts }`);
    const base = config(plain, `${twoSuites}\n  - { name: other, kind: smoke, path: other.yaml }`);
    const reading = await readingOf({ head, base });

    expect(reading).toMatchObject({
      kind: 'run',
      plan: { decidedBy: 'base', missingRequired: ['smoke', 'other'], suites: [{ name: 'browse', required: false }] },
    });
  });

  test('variables are filled in, suites stand pending, and those whose files the change edits are marked', async () => {
    const reading = await readingOf({ changed: ['scenarios/smoke.yaml'] });

    expect(reading).toMatchObject({
      kind: 'run',
      plan: {
        config: { application: { services: [{ image: `shop/web:${'a'.repeat(40)}` }] } },
        suites: [
          { name: 'smoke', status: 'pending', required: true, modified: true },
          { name: 'browse', status: 'pending', required: false, modified: false },
        ],
        leftOut: [],
      },
    });
  });

  test('a run of one suite says which required ones it leaves out', async () => {
    const reading = await readingOf({ run: { onlySuites: ['browse'], trigger: 'command' } });

    expect(reading).toMatchObject({ kind: 'run', plan: { suites: [{ name: 'browse' }], leftOut: ['smoke'] } });
  });

  test('all problems of a file come along, each with its place', async () => {
    const reading = await readingOf({ head: broken });

    expect(reading).toMatchObject({
      problems: [
        { file: 'greenroom.yaml', line: 2 },
        { file: 'greenroom.yaml', line: 3, message: 'unknown key "suits"' },
      ],
    });
  });
});

describe('a change from a fork that somebody let run', () => {
  const letRun: ChangeFacts = { ...open, letRunBy: 'olivia' };
  const ofFork = (given: Case) => readingOf({ run: { trusted: false }, change: letRun, ...given });

  test("is tested by the base's file, with the limits of strangers", async () => {
    const head = config('limits: { cpu: "64", memory: 256Gi }', '').replace('shop/web', 'evil/miner');
    const base = config('limits: { cpu: "8", memory: 1Gi, ttl: 8h }');

    expect(await ofFork({ head, base, change: { ...letRun, approved: true } })).toMatchObject({
      kind: 'run',
      plan: {
        decidedBy: 'base',
        config: {
          application: { services: [{ image: `shop/web:${'a'.repeat(40)}` }] },
          limits: { cpu: '2', memory: '1Gi', ttl: '1h' },
        },
        suites: [{ name: 'smoke' }, { name: 'browse' }],
        notes: [
          'the greenroom.yaml of the base branch decides, not the one of this fork',
          'approved to go without the required "smoke"',
          'let run by "olivia", in a restricted environment',
        ],
      },
    });
  });

  const built = config('', twoSuites).replace(
    'port: 8080 }\n  services',
    'port: 8080 }\n  images: [{ name: shop/web, from: build, context: web }]\n  services',
  );
  test.each<[string, Case, object]>([
    ['waits where only its gate was approved', { change: { ...open, approved: true } }, { code: 'AWAITING_APPROVAL' }],
    ['is not built', { base: built }, { code: 'FORK_NOT_BUILT', message: expect.stringContaining('"shop/web"') }],
    ['takes no gate away by being let run', { head: null }, { code: 'CONFIG_DELETED' }],
    ['may not break the file', { head: broken }, { code: 'CONFIG_INVALID' }],
  ])('%s', async (_, given, failure) => {
    expect(await ofFork(given)).toMatchObject({ kind: 'gate', failure });
  });

  test('misses the required suites that its own file drops, though they run', async () => {
    const head = config(plain, 'suites:\n  - { name: browse, kind: load, path: scenarios/browse.ts }');

    expect(await ofFork({ head })).toMatchObject({
      plan: { missingRequired: ['smoke'], suites: [{ name: 'smoke', required: true }, { name: 'browse' }] },
    });
  });

  test('brings no file where the base has none: neutral', async () => {
    expect(await ofFork({ base: null })).toMatchObject({ kind: 'skip', reason: expect.stringContaining('of a fork') });
  });

  test("is no better than its base's file, and not to blame for it", async () => {
    await expect(ofFork({ base: broken })).rejects.toMatchObject({ code: 'BASE_CONFIG_INVALID' });
  });

  test('says in full which commit to approve while it waits', async () => {
    const reading = await ofFork({ change: open });

    expect(reading).toMatchObject({
      failure: { remedy: expect.stringContaining(`"/greenroom approve ${'a'.repeat(40)}"`) },
    });
  });
});
