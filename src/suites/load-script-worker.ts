/** Runs in a worker thread (`check-load-script.ts`): the TypeScript compiler over files that a change wrote. */
import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import ts from 'typescript';
import type { Problem } from '../errors.ts';
import type { LoadScript } from './check-load-script.ts';
import { k6Globals } from './k6-globals.ts';

const project = realpathSync(join(import.meta.dirname, '../..'));
/** Stands nowhere. */
const globalsFile = join(project, 'k6-globals.d.ts');
/** Scripts import our pieces under the path that they have in the runner image. */
const imageScenarios = '/greenroom/scenarios/';
const readable = ['node_modules/typescript', 'node_modules/@types/k6', 'scenarios'].map(
  (folder) => realpathSync(join(project, folder)) + sep,
);

parentPort?.postMessage(check(workerData as LoadScript));

function check({ root, path }: LoadScript): Problem[] {
  const home = realpathSync(root);
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    noImplicitAny: false,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    allowJs: true,
    lib: ['lib.es2022.d.ts'],
    types: ['k6'],
    typeRoots: [join(project, 'node_modules/@types')],
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const isReadable = (file: string): boolean => {
    try {
      const real = realpathSync(file);
      return real.startsWith(home + sep) || readable.some((folder) => real.startsWith(folder));
    } catch {
      return false;
    }
  };
  const { fileExists, readFile } = host;
  host.fileExists = (file) => file === globalsFile || (isReadable(file) && fileExists(file));
  host.readFile = (file) => {
    if (file === globalsFile) return k6Globals;
    return isReadable(file) ? readFile(file) : undefined;
  };
  host.directoryExists = () => true;
  host.getDirectories = () => [];
  host.resolveModuleNameLiterals = (literals, from, _reference, given) =>
    literals.map((literal) => ts.resolveModuleName(...moduleAt(literal.text, from), given, host));
  const program = ts.createProgram([globalsFile, join(home, path)], options, host);
  const diagnostics = ts.getPreEmitDiagnostics(program);
  return diagnostics.slice(0, 50).map((diagnostic) => problemOf(diagnostic, home, path));
}

/** Our scenarios as they lie here, and k6's own modules from its types: neither is beside the change's files. */
function moduleAt(name: string, from: string): [name: string, from: string] {
  if (name.startsWith(imageScenarios)) return [join(project, 'scenarios', name.slice(imageScenarios.length)), from];
  return name === 'k6' || name.startsWith('k6/') ? [name, join(project, 'scenarios/load.ts')] : [name, from];
}

function problemOf(diagnostic: ts.Diagnostic, home: string, path: string): Problem {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
  const message = text.replaceAll(`${project}/`, '').replaceAll(`${home}/`, '').slice(0, 500);
  const { file, start, code } = diagnostic;
  if (!file || start === undefined) return { file: path, message: `${message} (TS${code})` };
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  const name = file.fileName.startsWith(home) ? file.fileName.slice(home.length + 1) : path;
  return { file: name, line: line + 1, column: character + 1, message: `${message} (TS${code})` };
}
