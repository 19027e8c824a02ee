import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Quota } from '../forge/forge.ts';
import { type Counts, countAll } from '../store/counts.ts';
import type { Store } from '../store/store.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';

/**
 * What an operator watches. Names follow OpenTelemetry's CI/CD conventions where one fits. No label ever names a
 * change, a commit or a run: their number has no bound.
 */
export interface Metrics {
  delivered(event: string, answer: number): void;
  /** Called once by whoever saves a run as `done`. */
  runFinished(document: VerdictDocument): void;
  /** Differences that reconciling found and repaired; `kind` is one of few words. */
  repaired(kind: string, count: number): void;
  /** The Prometheus text, with what the rows say now. */
  expose(): Promise<string>;
  contentType: string;
}

const seconds = [0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1200, 1800, 3600];
const knownEvents = new Set(['ping', 'pull_request', 'issue_comment', 'check_run', 'check_suite', 'push']);

/** @param quotas what is left of the forges' rate limits */
export function createMetrics(store: Store, quotas: () => readonly Quota[] = () => []): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const deliveries = new Counter({
    name: 'greenroom_deliveries_total',
    help: 'Deliveries from the forge, by event and by the status they were answered with',
    labelNames: ['event', 'answer'],
    registers,
  });
  const runs = new Counter({
    name: 'greenroom_runs_total',
    help: 'Runs that ended, by verdict',
    labelNames: ['verdict', 'class'],
    registers,
  });
  const runDuration = new Histogram({
    name: 'cicd_pipeline_run_duration_seconds',
    help: 'From the start of a run to its end',
    labelNames: ['cicd_pipeline_name', 'cicd_pipeline_run_state', 'cicd_pipeline_result'],
    buckets: seconds,
    registers,
  });
  const phaseDuration = new Histogram({
    name: 'greenroom_phase_duration_seconds',
    help: 'Length of each phase of a run',
    labelNames: ['phase', 'status'],
    buckets: seconds,
    registers,
  });
  const repairs = new Counter({
    name: 'greenroom_repairs_total',
    help: 'Differences between the rows and what is, found and repaired by reconciling',
    labelNames: ['kind'],
    registers,
  });
  const gauges = countGauges(registers);
  const showQuotas = quotaGauges(registers);
  return {
    contentType: registry.contentType,
    delivered(event, answer) {
      deliveries.inc({ event: knownEvents.has(event) ? event : 'other', answer: String(answer) });
    },
    runFinished(document) {
      const verdict = document.verdict ?? 'errored';
      runs.inc({ verdict, class: document.failure?.class ?? '' });
      const labels = { cicd_pipeline_name: 'greenroom', cicd_pipeline_run_state: 'finalizing' };
      runDuration.observe({ ...labels, cicd_pipeline_result: resultOf(verdict) }, durationOf(document) / 1000);
      for (const { name, status, durationMs } of document.phases) {
        if (durationMs !== null) phaseDuration.observe({ phase: name, status }, durationMs / 1000);
      }
    },
    repaired(kind, count) {
      repairs.inc({ kind }, count);
    },
    async expose() {
      gauges(await countAll(store, await store.now()));
      showQuotas(quotas());
      return await registry.metrics();
    },
  };
}

function countGauges(registers: Registry[]): (counts: Counts) => void {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const active = gauge('cicd_pipeline_run_active', 'Runs that are not done', ['cicd_pipeline_name']);
  const depth = gauge('greenroom_queue_depth', 'What waits to be worked on', ['queue']);
  const oldest = gauge('greenroom_oldest_delivery_seconds', 'Age of the oldest delivery that nobody has handled');
  const environments = gauge('greenroom_environments', 'Environments that are not proven gone');
  const blocked = gauge('greenroom_teardowns_blocked', 'Teardowns that something blocks: an operator should look');
  const blockedFor = gauge(
    'greenroom_oldest_blocked_teardown_seconds',
    'Since when the teardown that is blocked the longest has not come to its end',
  );
  const attempts = gauge('greenroom_teardown_attempts', 'Attempts so far at the teardowns that are not done');
  return (counts) => {
    active.set({ cicd_pipeline_name: 'greenroom' }, counts.liveRuns);
    depth.set({ queue: 'deliveries' }, counts.unhandledDeliveries);
    depth.set({ queue: 'runs' }, counts.queuedRuns);
    depth.set({ queue: 'teardowns' }, counts.dueTeardowns);
    oldest.set(counts.oldestDeliverySeconds);
    environments.set(counts.environments);
    blocked.set(counts.blockedTeardowns);
    blockedFor.set(counts.oldestBlockedSeconds);
    attempts.set(counts.teardownAttempts);
  };
}

function quotaGauges(registers: Registry[]): (quotas: readonly Quota[]) => void {
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['installation'], registers });
  const limit = gauge('greenroom_forge_quota_limit', 'Requests that the forge allows in an hour');
  const remaining = gauge('greenroom_forge_quota_remaining', 'What is left of them, as the forge said it last');
  return (quotas) => {
    for (const { holder, ...quota } of quotas) {
      limit.set({ installation: holder }, quota.limit);
      remaining.set({ installation: holder }, quota.remaining);
    }
  };
}

/** `cicd.pipeline.result` of OpenTelemetry 1.44. */
function resultOf(verdict: NonNullable<VerdictDocument['verdict']>): string {
  switch (verdict) {
    case 'passed':
    case 'flaky':
      return 'success';
    case 'failed':
      return 'failure';
    case 'errored':
      return 'error';
    case 'cancelled':
      return 'cancellation';
    case 'skipped':
      return 'skip';
    default:
      return verdict satisfies never;
  }
}

function durationOf({ run, phases }: VerdictDocument): number {
  if (run.finishedAt !== null) return Math.max(0, Date.parse(run.finishedAt) - Date.parse(run.startedAt));
  return phases.reduce((sum, phase) => sum + (phase.durationMs ?? 0), 0);
}
