import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { RunError, type RunErrorOptions } from '../errors.ts';
import { redactionOf } from './diagnostics.ts';
import type { NotReady } from './not-ready.ts';
import { oneLine } from './pod-findings.ts';
import type { PulumiOutcome } from './pulumi-operations.ts';
import { findingOfRefusal } from './workload-findings.ts';

type Failure = Extract<PulumiOutcome, { ok: false }>;
type Translation = [pattern: RegExp, options: RunErrorOptions];

/** What Pulumi's words mean for the person who can act. The first that fits counts. */
const translations: Translation[] = [
  [
    /(ping|connect to) PostgreSQL|create table pulumi_state|\bpq: |driver: bad connection/,
    {
      code: 'STORE_UNREACHABLE',
      remedy: 'retry',
      hint: 'Pulumi keeps its state in the database of DATABASE_URL: look whether the server takes more connections.',
    },
  ],
  [
    /incorrect passphrase/,
    {
      code: 'PULUMI_PASSPHRASE',
      remedy: 'fix-input',
      hint: "The state was written with another passphrase: restore the data folder's own, or with DATABASE_URL the table shared_secrets.",
    },
  ],
  [
    /currently locked|lock file/,
    {
      code: 'STACK_LOCKED',
      remedy: 'retry',
      hint: 'Another process works on this environment, or one died while it did.',
    },
  ],
  [
    /no space left on device|ENOSPC/,
    { code: 'DISK_FULL', remedy: 'fix-input', hint: 'Free space in the data folder.' },
  ],
  [
    /ENOENT|no resource plugin|could not load plugin|not found in PATH/i,
    {
      code: 'TOOL_MISSING',
      remedy: 'fix-input',
      hint: 'Run "greenroom doctor": the Pulumi CLI or its Kubernetes provider is not where it was.',
    },
  ],
  [
    /unreachable|connection refused|no such host|i\/o timeout|connection reset|TLS handshake/,
    {
      code: 'CLUSTER_UNREACHABLE',
      remedy: 'retry',
      hint: 'Run "greenroom cluster status", or check the cluster that --context names.',
    },
  ],
  [
    /is forbidden: User/,
    {
      code: 'CLUSTER_REFUSED',
      remedy: 'fix-input',
      hint: 'The kubeconfig\'s user lacks a permission; "greenroom doctor" lists what is needed.',
    },
  ],
];

/**
 * A refusal of one of the change's own objects is an outcome; for everything else there is no answer.
 * @throws RunError when the failure says nothing about the change
 */
export function notReadyOfPulumi(spec: EnvironmentSpec, failure: Failure): NotReady {
  const redact = redactionOf(spec);
  for (const { object, message } of refusalsOf(spec, failure)) {
    const finding = findingOfRefusal(object, oneLine(essenceOf(message)));
    if (finding) {
      const { facts: _facts, ...rest } = finding;
      return {
        ...rest,
        message: redact(
          finding.code === 'ADMISSION'
            ? `the cluster refuses ${object}: ${oneLine(essenceOf(message))}`
            : finding.message,
        ),
        evidence: failure.diagnostics.map((diagnostic) => redact(oneLine(essenceOf(diagnostic.message)))).slice(0, 10),
      };
    }
  }
  throw pulumiError(spec.name, 'creating', failure, redact);
}

/** Codes of what is over some time and has nothing to do with the environment. */
const outages = new Set(['STORE_UNREACHABLE', 'CLUSTER_UNREACHABLE']);

/** The code of the outage that Pulumi met, when that is all it met: the same operation may go well later. */
export function outageOf(spec: EnvironmentSpec, failure: Failure): string | null {
  if (refusalsOf(spec, failure).length > 0) return null;
  const code = translationOf(failure)?.code;
  return code !== undefined && outages.has(code) ? code : null;
}

/** Of the change's own objects, by the API server. */
function refusalsOf(spec: EnvironmentSpec, failure: Failure): { object: string; message: string }[] {
  const theirs = new Set([...spec.objects, ...spec.before].map((object) => `${object.kind}/${object.metadata.name}`));
  return failure.diagnostics.flatMap(({ object, message }) =>
    object !== null && theirs.has(object) && isRefusal(message) ? [{ object, message }] : [],
  );
}

export function pulumiError(stack: string, doing: string, failure: Failure, redact = (text: string) => text): RunError {
  const lines = linesOf(failure);
  const options = translationOf(failure) ?? {
    code: 'PULUMI_FAILED',
    remedy: 'retry' as const,
    hint: 'The evidence holds what Pulumi said.',
  };
  const telling = failure.diagnostics.length > 0 ? failure.diagnostics.map(({ message }) => message) : lines.slice(-10);
  const evidence = telling.map((line) => redact(oneLine(essenceOf(line)))).filter(Boolean);
  return new RunError(`${doing} the environment "${stack}" with Pulumi`, { ...options, evidence });
}

function linesOf({ diagnostics, output }: Failure): string[] {
  return [...diagnostics.map(({ message }) => message), ...output.split('\n')];
}

function translationOf(failure: Failure): RunErrorOptions | undefined {
  const text = linesOf(failure).join('\n');
  return translations.find(([pattern]) => pattern.test(text))?.[1];
}

function isRefusal(message: string): boolean {
  return (
    /is invalid|forbidden|denied the request|exceeded quota|decod|BadRequest|no matches for kind|unsupported|field not declared|failed to create typed patch|Invalid value/i.test(
      message,
    ) && !/is forbidden: User/.test(message)
  );
}

/** Without the provider's frame around the API server's sentence. */
function essenceOf(message: string): string {
  return message.replace(/^resource \S+ was not successfully created by the Kubernetes API server\s*:?\s*/i, '');
}
