import { type Import, importsOf } from './import-graph.ts';

/** What a folder of `src/` may import, beside itself and `everyone`. `types:x` allows `import type` alone. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  config: [],
  kubernetes: [],
  toolchain: [],
  suites: ['kubernetes', 'config'],
  verdict: ['suites'],
  run: ['verdict', 'suites'],
  event: ['run', 'config'],
  forge: ['event'],
  store: ['run', 'event', 'verdict'],
  webhook: ['event', 'types:forge', 'store', 'config', 'types:verdict'],
  image: ['kubernetes', 'config'],
  environment: ['infra', 'kubernetes', 'config', 'image'],
  teardown: ['environment', 'kubernetes'],
  report: ['run', 'verdict', 'suites', 'types:forge', 'event', 'config'],
  dashboard: ['store', 'run', 'verdict', 'report', 'types:suites', 'config'],
  cluster: ['toolchain', 'kubernetes', 'types:image'],
  runner: [
    'config',
    'dashboard',
    'environment',
    'event',
    'forge',
    'image',
    'infra',
    'kubernetes',
    'report',
    'run',
    'store',
    'suites',
    'teardown',
    'verdict',
    'webhook',
  ],
};

/** These see everything below them. */
const composers = ['cli', 'main.ts'];
/** Open to every folder. */
const everyone = [
  'src/errors.ts',
  'src/exit-codes.ts',
  'src/log.ts',
  'src/process-owner.ts',
  'src/together.ts',
  'infra/labels.ts',
  'infra/environment-spec.ts',
];
/** No I/O, no clock, no randomness, neither in them nor in what they import. */
export const pureFiles = [
  'src/event/decide.ts',
  'src/run/transition.ts',
  'src/verdict/judge.ts',
  'src/teardown/expired.ts',
];
const purePackages = ['zod'];
const impure =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|randomUUID|setTimeout|setInterval|fetch)\b|\bprocess\./;
const namesForNothing = /(^|\/)(utils?|helpers?|common|shared|lib|misc)(\.[a-z]+$|\/|$)/;
const barrel = /(^|\/)index\.[a-z]+$/;
const mock = /\bvi\.(mock|doMock|hoisted)\(/;
const mostLines = 400;
const standAlone = ['infra', 'scenarios', 'runner', 'examples'];

/**
 * Everything in `files` that breaks the house's rules on imports, names and sizes, as sentences. Pure.
 * @param files repository path to source text
 */
export function violations(files: ReadonlyMap<string, string>): string[] {
  const graph = new Map([...files].map(([path, text]) => [path, importsOf(path, text)] as const));
  return [
    ...[...graph].flatMap(([path, imports]) => imports.flatMap((one) => wrongDirection(path, one))),
    ...pureFiles.filter((path) => files.has(path)).flatMap((path) => impurities(path, files, graph)),
    ...cycles(graph),
    ...[...files].flatMap(([path, text]) => wrongForm(path, text)),
  ].sort();
}

function wrongDirection(path: string, { target, typeOnly }: Import): string[] {
  if (target === null) return [];
  const [top = '', folder = ''] = path.split('/');
  const [targetTop = '', targetFolder = ''] = target.split('/');
  if (standAlone.includes(top)) {
    return targetTop === top || (top === 'runner' && targetTop === 'scenarios')
      ? []
      : [`${path} imports ${target}: ${top}/ stands alone`];
  }
  if (top !== 'src' || everyone.includes(target)) return [];
  if (composers.includes(folder)) return [];
  if (target === 'src/host.ts') return [`${path} imports ${target}: only cli/ and main.ts see the process`];
  const wanted = targetTop === 'src' ? targetFolder : targetTop;
  if (targetTop === 'src' && targetFolder === folder) return [];
  // The two contracts at the root that name a verdict.
  if (folder === 'exit-codes.ts' && target === 'src/suites/suite-result.ts' && typeOnly) return [];
  const allowed = mayImport[folder];
  if (allowed?.includes(wanted) || (typeOnly && allowed?.includes(`types:${wanted}`))) return [];
  const why = allowed?.includes(`types:${wanted}`)
    ? `${folder} may import only types of ${wanted}`
    : `${folder} may not import ${wanted}`;
  return [`${path} imports ${target}: ${why}`];
}

function impurities(start: string, files: ReadonlyMap<string, string>, graph: ReadonlyMap<string, Import[]>): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const word = impure.exec(files.get(path) ?? '')?.[0];
    if (word !== undefined) found.push(`${start} is pure, but ${path} uses ${word}`);
    for (const one of (graph.get(path) ?? []).filter((candidate) => !candidate.typeOnly)) {
      if (one.target !== null) visit(one.target);
      else if (!purePackages.includes(one.specifier))
        found.push(`${start} is pure, but ${path} imports ${one.specifier}`);
    }
  };
  visit(start);
  return found;
}

/** Each cycle of imports that run once, from its first file in the alphabet. */
function cycles(graph: ReadonlyMap<string, Import[]>): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const round = trail.slice(at);
      const first = round.indexOf([...round].sort()[0] ?? path);
      found.add([...round.slice(first), ...round.slice(0, first), round[first]].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const { target, typeOnly } of graph.get(path) ?? []) {
      if (target !== null && !typeOnly) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return [...found].map((round) => `cycle: ${round}`);
}

function wrongForm(path: string, text: string): string[] {
  const found: string[] = [];
  const lines = text.trimEnd().split('\n').length;
  if (lines > mostLines) found.push(`${path} has ${lines} lines; ${mostLines} is the limit`);
  if (namesForNothing.test(path)) found.push(`${path}: a name that says "no name found"`);
  if (barrel.test(path) && path !== 'infra/index.ts') found.push(`${path} is a barrel`);
  if (path.startsWith('test/') && mock.test(text)) found.push(`${path} mocks a module`);
  return found;
}
