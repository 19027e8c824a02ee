import type { PulumiBackend } from './pulumi-backend.ts';

/** What the parent tells its child, once, by IPC (never by argument: it holds the passphrase and the database's password). */
export interface PulumiJob {
  operation: 'up' | 'destroy';
  stack: string;
  /** `<root>/bin` holds `pulumi` and `pulumi-resource-kubernetes`. */
  root: string;
  /** The operation's own folder: project file, spec, event log, PULUMI_HOME. */
  folder: string;
  backend: PulumiBackend;
  passphrase: string;
  /** As in KUBECONFIG: files in the order of their precedence. */
  kubeconfig: string;
  /** For `up`: the file with the EnvironmentSpec. */
  specFile: string | null;
}

/** One object that Pulumi made or removed. */
export interface ResourceProgress {
  action: 'created' | 'deleted';
  /** Kubernetes' kind, `Deployment`. */
  kind: string;
  /** `application` or `suites`. */
  role: string;
  name: string;
}

/** An error that Pulumi reported, with the object that it is about, if any. */
export interface PulumiDiagnostic {
  object: string | null;
  message: string;
}

export type PulumiReport =
  | { kind: 'resource'; resource: ResourceProgress }
  | { kind: 'exit'; code: number | null; diagnostics: PulumiDiagnostic[]; output: string };
