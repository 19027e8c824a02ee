import type { CheckAction } from '../forge/forge.ts';
import { awaitingApproval } from '../verdict/conclusion.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';

const approve: CheckAction = {
  identifier: 'approve',
  label: 'Approve and run',
  description: 'Runs exactly this commit, restricted',
};
const rerunFailed: CheckAction = {
  identifier: 'rerun-failed',
  label: 'Re-run failed',
  description: 'Runs the suites again that were red',
};
const keep: CheckAction = { identifier: 'keep', label: 'Keep 4 h', description: 'Keeps the environment 4 h from now' };
const tearDown: CheckAction = {
  identifier: 'tear-down',
  label: 'Tear down',
  description: 'Takes the environment away now',
};

/** The buttons beside the aggregate check: only what would be done if somebody who may pressed it. PURE. */
export function buttonsOf({ verdict, failure, teardown }: VerdictDocument): CheckAction[] {
  if (failure?.code === awaitingApproval) return [approve];
  const isRed = verdict === 'failed' || verdict === 'errored';
  return [...(isRed ? [rerunFailed] : []), ...(teardown.status === 'kept' ? [keep, tearDown] : [])];
}
