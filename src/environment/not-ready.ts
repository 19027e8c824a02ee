/** What keeps an environment from being ready. Listed in docs/error-codes.md with the other codes. */
export type NotReadyCode =
  | 'IMAGE_PULL'
  | 'CRASH_LOOP'
  | 'OOM_KILLED'
  | 'PROBE_FAILING'
  | 'UNSCHEDULABLE'
  | 'QUOTA'
  | 'ADMISSION'
  | 'CONTAINER_CONFIG'
  | 'EVICTED'
  | 'BEFORE_FAILED'
  | 'ENTRY_NOT_ANSWERING'
  | 'SUITE_POD_FAILED'
  | 'NOT_STARTED';

/**
 * An expected outcome, as data: the environment is not ready and this is why. The class says whose fault it is (DESIGN,
 * rule 1: what the change's own containers do is `product`; only what a retry or another person cures is not).
 */
export interface NotReady {
  class: 'product' | 'infrastructure' | 'environment';
  code: NotReadyCode;
  /** `Deployment/web`. */
  object: string;
  /** One sentence. */
  message: string;
  /** Events, exit code, limit, last log lines; bounded and redacted. */
  evidence: string[];
}

/** What was seen, before the evidence is fetched. */
export interface Finding extends Omit<NotReady, 'evidence'> {
  /** Where the logs are, when a container is to blame. */
  pod?: { name: string; uid: string; container: string; restarted: boolean } | undefined;
  /** Facts for the evidence: exit code, limit, condition. */
  facts: string[];
}
